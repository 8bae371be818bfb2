"""Teaching a denoiser, of pixels or of latents: noise a picture, let the network undo it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from underpaint.diffusion import objective
from underpaint.diffusion.forward import Clock
from underpaint.diffusion.guidance import guided
from underpaint.diffusion.noise import starting
from underpaint.diffusion.objective import Weighting, draw_sigmas
from underpaint.diffusion.prediction import Denoiser, Network, Prediction
from underpaint.diffusion.samplers import dpmpp_2m
from underpaint.diffusion.samplers._step import Step
from underpaint.diffusion.sigmas import karras, sgm_uniform
from underpaint.media import Image
from underpaint.networks.unet import UNet
from underpaint.training.architecture import Networks
from underpaint.training.captions import Captions
from underpaint.training.grid import grid

__all__ = ["Denoising", "Examples", "Process"]

GUIDANCE_SCALE = 5.0
STEPS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """How pictures are noised and what the network says about it.

    Attributes:
        clock: the noise levels.
        prediction: what the network predicts.
        weighting: how much each level counts.
    """

    clock: Clock
    prediction: Prediction
    weighting: Weighting = "uniform"


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What is denoised.

    Attributes:
        count: pictures there are.
        shape: of one of them, (C, H, W).
        clean: (indices (B,), chance) -> (B, C, H, W), on any device.
        shown: (B, C, H, W) -> pixels (B, 3, height, width), -1..1.
    """

    count: int
    shape: tuple[int, int, int]
    clean: Callable[[Tensor, torch.Generator], Tensor]
    shown: Callable[[Tensor], Tensor]


class Denoising:
    """The denoising lesson of Ho et al. 2020, arXiv:2006.11239, algorithm 1, with words."""

    name = "samples"
    guidance_scale = GUIDANCE_SCALE

    def __init__(
        self,
        networks: Networks,
        process: Process,
        examples: Examples,
        *,
        captions: Captions | None,
        prompts: Sequence[str],
        seed: int,
    ) -> None:
        """Put the lesson together.

        Args:
            networks: "unet", and "text" if there are captions; all on one device.
            process: noise levels and prediction.
            examples: what to denoise.
            captions: what is said about them; None teaches without words.
            prompts: what the sample pictures show, one each.
            seed: of the sample pictures.
        """
        unet = networks["unet"]
        assert isinstance(unet, UNet)
        self.networks, self.unet = networks, unet
        self.process, self.examples = process, examples
        self.captions, self.prompts, self.seed = captions, prompts, seed
        self.device = next(unet.parameters()).device

    def __len__(self) -> int:
        """Return how many pictures there are to learn from."""
        return self.examples.count

    def loss(self, indices: Tensor, chance: torch.Generator) -> Tensor:
        """Return the mean loss of a batch; see `Lesson`."""
        clean = self.examples.clean(indices, chance).to(self.device)
        noise = torch.randn(clean.shape, generator=chance)
        sigma = draw_sigmas(self.process.clock, len(clean), chance)
        heard = self._heard(indices, chance)
        losses = objective.loss(
            self._told(*heard),
            self.process.prediction,
            self.process.clock,
            clean,
            noise=noise.to(self.device),
            sigma=sigma,
            weighting=self.process.weighting,
        )
        return losses.mean()

    def _told(self, context: Tensor, pooled: Tensor, unet: UNet | None = None) -> Network:
        """Return the U-Net, or another like it, bound to words."""
        told = unet or self.unet
        vector = None if told.params.pooled_width is None else pooled
        return lambda x, timestep: told(x, timestep, context, vector)

    def _heard(self, indices: Tensor, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return what is said of some pictures, one way of it drawn for each, as features."""
        if self.captions is None:
            return self._silence(len(indices))
        return self.captions.read(self.captions.drawn(indices, chance), self.device)

    def _silence(self, count: int) -> tuple[Tensor, Tensor]:
        """Return what is listened to without words: one token of zeros, and its vector."""
        params = self.unet.params
        context = torch.zeros(count, 1, params.context_width, device=self.device)
        return context, torch.zeros(count, params.pooled_width or 0, device=self.device)

    @torch.no_grad()
    def picture(self) -> Image:
        """Paint the prompts, always from the same noise; see `Lesson`."""
        sigmas = self.levels()
        seeds = range(self.seed, self.seed + len(self.prompts))
        noise = starting([seed % 2**32 for seed in seeds], self.examples.shape, device=self.device)
        x = noise * float(sigmas[0])
        scale = 1.0 if self.captions is None else self.guidance_scale
        for step in self.walk(guided(self._estimates(), scale), x, sigmas):
            x = step.x
        return grid(self.examples.shown(x))

    def levels(self) -> Tensor:
        """Return the noise levels that the sample pictures walk down."""
        clock = self.process.clock
        return (sgm_uniform if clock.is_zero_terminal else karras)(STEPS, clock)

    def walk(self, denoise: Denoiser, x: Tensor, sigmas: Tensor) -> Iterator[Step]:
        """Return the walk of the sample pictures down these levels."""
        return dpmpp_2m.sample(denoise, x, sigmas)

    def _estimates(self) -> Callable[[Tensor, Tensor], tuple[Tensor, ...]]:
        """Return what gives the estimates with the prompts and with the empty caption."""
        count = len(self.prompts)
        prediction, clock = self.process.prediction, self.process.clock
        if self.captions is None:
            denoise = prediction.denoiser(self._told(*self._silence(count)), clock)
            return lambda x, sigma: (denoise(x, sigma),)
        texts = [*self.prompts, *[""] * count]
        denoise = prediction.denoiser(
            self._told(*self.captions.features(texts, self.device)), clock
        )
        return lambda x, sigma: denoise(torch.cat([x, x]), sigma).chunk(2)
