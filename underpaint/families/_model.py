"""A model: networks bound to weights, and all that a pipeline may ask of them.

Image i of a batch must not depend on the others, to the last bit. On a CPU the way in which a
matrix product rounds depends on its size: a linear layer on one row an image (the time embedding)
differs between batches in the last bits. So on a CPU each picture goes through each network in a
call of its own, whose size is always the same. Elsewhere pictures go together, for speed.

Nor may the bits depend on the number of threads. They do not for 1, 2, 4, 8, ... threads: products
and convolutions are never split along their sums (`networks.attention.Pointwise` sees to the one
exception), and what is split among such numbers of threads is split at whole vectors. Other
numbers can split in the midst of a vector, where torch computes an exponential another way.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from underpaint.diffusion.forward import Clock
from underpaint.diffusion.guidance import Estimates
from underpaint.diffusion.prediction import PREDICTIONS, Denoiser, Prediction
from underpaint.diffusion.sigmas import ALIGNED_SD1
from underpaint.errors import RequestError
from underpaint.families import _preview
from underpaint.families._adapted import Worn
from underpaint.families._control import Lead, leading
from underpaint.families._heard import Conditioning, Heard
from underpaint.families._marks import Marks
from underpaint.families._running import Runner
from underpaint.families._text import Reader
from underpaint.networks.controlnet import ControlNet
from underpaint.requests._emphasis import Emphasis
from underpaint.weights.checkpoint import Weights


class Model(ABC):
    """What paints. A family says how; this says what for."""

    def __init__(
        self,
        weights: Weights,
        marks: Marks,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Keep what every model knows of itself.

        Args:
            weights: where it comes from.
            marks: what their metadata says.
            device: where the networks are.
            dtype: what they compute in. Latents and pixels go in and out in float32.
        """
        self.name = weights.name
        self.device = device
        self.dtype = dtype
        self._weights = weights
        self._marks = marks

    @property
    def hash(self) -> str:
        """The first ten hexadecimal digits of the file's SHA-256; found when first asked for."""
        return self._weights.short_hash

    @property
    def first_stage(self) -> Path | None:
        """The file of another autoencoder that took the place of its own; None = its own."""
        return self._weights.first_stage

    @property
    def clock(self) -> Clock:
        """The noise levels it was trained on."""
        return self._marks.clock

    @property
    def prediction(self) -> Prediction:
        """What its network predicts: eps, where nothing says otherwise."""
        return self._marks.prediction or PREDICTIONS["eps"]

    @property
    def native(self) -> int | None:
        """Pixels a side at which it paints; None = at the size asked for."""
        return self._marks.native

    @property
    def aligned(self) -> Sequence[float]:
        """The levels of ten steps that the schedule align_your_steps has for it."""
        return ALIGNED_SD1

    @property
    def obeys_guidance(self) -> bool:
        """Whether its network was taught what guidance leads to: it needs no negative."""
        return False

    @property
    def inpaints(self) -> bool:
        """Whether its network sees the mask, and what is kept, beside the latent."""
        return False

    @property
    @abstractmethod
    def factor(self) -> int:
        """Pixels a side that make one position of a latent."""

    @property
    @abstractmethod
    def latent_channels(self) -> int:
        """Channels of a latent."""

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """Return the size it paints at: that asked for, or one near its native area.

        Args:
            width: asked for, in pixels.
            height: asked for, in pixels.

        Returns:
            Width and height; for a model with a native size multiples of `factor`, in about the
            proportion asked for.
        """
        if self.native is None:
            return width, height
        stretch = math.sqrt(width / height)
        return self._rounded(self.native * stretch), self._rounded(self.native / stretch)

    def latent_shape(self, width: int, height: int) -> tuple[int, int, int]:
        """Return the shape (C, h, w) of the latent of a picture.

        Args:
            width: in pixels.
            height: in pixels.

        Raises:
            RequestError: a side that is no multiple of `factor`.
        """
        for name, side in (("width", width), ("height", height)):
            if side % self.factor:
                raise RequestError(
                    f"{name} is {side}; for {self.name!r} it must be a multiple of {self.factor}"
                )
        return self.latent_channels, height // self.factor, width // self.factor

    @property
    @abstractmethod
    def readers(self) -> tuple[Reader, ...]:
        """Its text encoders, which can be taught words, in the order of the family's files."""

    @abstractmethod
    def encode_text(
        self,
        text: str,
        *,
        clip_skip: int = 1,
        emphasis: Emphasis = "original",
        negative: bool = False,
    ) -> Conditioning:
        """Return a prompt as the network listens to it.

        Args:
            text: weights in brackets, BREAK and all; "" for none. What changes from step to step,
                tags and the like are read by `underpaint.prompt.plan` before.
            clip_skip: 1 = the text encoder's last layer; n stops n - 1 layers earlier.
            emphasis: what the weights do.
            negative: the picture is to keep away from it; some models hear such a text otherwise.

        Raises:
            RequestError: the text encoder has fewer layers, or the prompt is not acceptable.
        """

    @torch.no_grad()
    def surroundings(self, pixels: Tensor, mask: Tensor) -> Tensor | None:
        """Return what an inpainting network sees beside the latent; None for other networks.

        The mask, and the latent of the picture with what is to be repainted in grey: Rombach et al.
        2022, arXiv:2112.10752, section 4.5, as Stable Diffusion's inpainting models are trained.

        Args:
            pixels: of the picture to repaint, (1, 3, H, W), -1..1; H and W multiples of `factor`.
            mask: (1, 1, H, W), 0 = keep, 1 = repaint; between them, the nearer counts.

        Returns:
            (1, 1 + C, h, w) float32, the mask first.
        """
        if not self.inpaints:
            return None
        repaint = (mask >= 0.5).float()
        kept = self.encode(pixels * (1 - repaint))
        return torch.cat([nn.functional.interpolate(repaint, kept.shape[2:]).to(kept), kept], dim=1)

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Return the latent of each picture: the middle of what the autoencoder holds likely.

        Args:
            pixels: (B, 3, H, W), -1..1; H and W multiples of `factor`.

        Returns:
            (B, C, h, w) float32, scaled as the network knows it.
        """
        latents = self._each(self._encoded, pixels.to(self.device))
        return latents.float() * self._marks.latent_scale

    @torch.no_grad()
    def decode(self, latent: Tensor) -> Tensor:
        """Return the picture of each latent.

        Args:
            latent: (B, C, h, w), scaled as the network knows it.

        Returns:
            (B, 3, H, W) float32, about -1..1, not clamped.
        """
        unscaled = latent.float() / self._marks.latent_scale
        return self._each(self._decoded, unscaled.to(self.device)).float()

    def adapted(self, worn: tuple[Worn, ...]) -> AbstractContextManager[None]:
        """Return the context in which adapters change its networks; then they are as they were.

        Args:
            worn: which, and how much of each; they add up.

        Raises:
            RequestError: it takes none.
            WeightsError: on entering: a file is not acceptable, or not made for this model.
        """
        if worn:
            raise RequestError(f"{self.name!r} takes no adapters, such as LoRA")
        return nullcontext()

    def seamless(self) -> Self:
        """Return it so that its pictures tile, sharing all with it; not every model can."""
        raise RequestError(f"tiling is True; {self.name!r} cannot paint pictures that tile")

    def controlnets(self, paths: Sequence[Path]) -> tuple[ControlNet, ...]:
        """Return the networks in some files, by which pictures can lead it.

        Args:
            paths: of the files.

        Raises:
            RequestError: it takes none.
            WeightsError: a file is not acceptable, or not made for this model.
        """
        if paths:
            raise RequestError(f"{self.name!r} takes no ControlNet")
        return ()

    def run_by(self, runner: Runner) -> None:
        """Let something else than torch run its networks; one that cannot stays with torch.

        Args:
            runner: what is to run them.
        """
        del runner

    def preview(self, latent: Tensor) -> Tensor:
        """Return a small, rough picture of each latent, in no time.

        Args:
            latent: (B, C, h, w), scaled as the network knows it.

        Returns:
            (B, 3, h, w) float32, -1..1.
        """
        return _preview.mixed(latent, self._colours)

    def lengthened(self, text: Conditioning, length: int) -> Conditioning:
        """Return a text with empty contexts at its end.

        Args:
            text: what `encode_text` returns.
            length: tokens to have in all, whole contexts; not fewer than there are.
        """
        missing = length - text.tokens.shape[1]
        if not missing:
            return text
        empty = self.encode_text("", clip_skip=text.clip_skip).tokens
        if not bool(text.tokens.any()):  # a text that is not heard stays so
            empty = torch.zeros_like(empty)
        contexts = [empty] * (missing // empty.shape[1])
        return text._replace(tokens=torch.cat([text.tokens, *contexts], dim=1))

    def estimates(
        self,
        *texts: Conditioning,
        guidance_scale: float = 1.0,
        surroundings: Tensor | None = None,
        leads: Sequence[Lead] = (),
    ) -> Estimates:
        """Return the function that estimates the clean latent, once for each text.

        Args:
            *texts: what to paint, and last, for guidance, what to keep away from; each is heard
                at its own length.
            guidance_scale: for a model that obeys it by itself; others do not hear it.
            surroundings: for a model that inpaints, what `surroundings` returns.
            leads: pictures that lead besides the texts, all pictures of a batch alike.

        Returns:
            (x (B, C, h, w), sigma () or (B,)) -> the estimates, in the order of the texts, each
            like x. Two texts of one length share a call of the network, which is for each picture
            on a CPU, for all elsewhere.
        """

        def denoiser(places: Sequence[int], now: tuple[Lead, ...]) -> Denoiser:
            together = [texts[place] for place in places]
            painted = sum(place < away for place in places)

            def network(x: Tensor, timestep: Tensor) -> Tensor:
                seen = x if surroundings is None else _beside(x, surroundings)
                heard = self._heard(len(x), together, guidance_scale)
                heard = heard._replace(positives=painted * len(x) // len(places), leads=now)
                inputs = seen.to(self.device, self.dtype), timestep.to(self.device)
                return self._predicted(*inputs, heard).to(x.device)

            return self.prediction.denoiser(network, self.clock)

        pairs = _pairs([text.tokens.shape[1] for text in texts])
        away = max(1, len(texts) - 1)

        @torch.no_grad()
        def estimated(x: Tensor, sigma: Tensor) -> tuple[Tensor, ...]:
            size, levels = 1 if self._alone else len(x), sigma.expand(len(x))
            now = leading(leads, float(levels[0])) if leads else ()
            denoisers = [denoiser(places, now) for places in pairs]
            found: list[list[Tensor]] = [[] for _ in texts]
            for piece, level in zip(torch.split(x, size), torch.split(levels, size), strict=True):
                for places, denoise in zip(pairs, denoisers, strict=True):
                    estimates = _together(denoise, piece, level, len(places))
                    for place, estimate in zip(places, estimates, strict=True):
                        found[place].append(estimate)
            return tuple(torch.cat(pictures) for pictures in found)

        return estimated

    @abstractmethod
    def _predicted(self, x: Tensor, timestep: Tensor, heard: Heard) -> Tensor:
        """Return what the network says: x (B, C, h, w) in `dtype`, timestep (B,) float32."""

    @abstractmethod
    def _encoded(self, pixels: Tensor) -> Tensor:
        """Return the latents of pixels (B, 3, H, W), float32, as the autoencoder gives them."""

    @abstractmethod
    def _decoded(self, latent: Tensor) -> Tensor:
        """Return the pictures of latents (B, C, h, w), float32, as the autoencoder takes them."""

    @property
    def _alone(self) -> bool:
        """Whether each picture needs a call of its own to be the same in any company."""
        return self.device.type == "cpu"

    @cached_property
    def _colours(self) -> Tensor:
        told = self._marks.preview
        if told is not None and len(told) == self.latent_channels + 1:
            return told
        return _preview.fitted(self.encode, 4 * self.factor)

    def _each(self, network: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
        if not self._alone:
            return network(pictures)
        return torch.cat([network(picture) for picture in torch.split(pictures, 1)])

    def _heard(self, count: int, texts: Sequence[Conditioning], guidance_scale: float) -> Heard:
        """Return what a batch of `count` latents, which stand text by text, listens to."""
        scales = torch.full((count,), guidance_scale, device=self.device)
        return Heard.of(texts, count, guidance=scales if self.obeys_guidance else None)

    def _rounded(self, side: float) -> int:
        return max(1, round(side / self.factor)) * self.factor


def _beside(x: Tensor, surroundings: Tensor) -> Tensor:
    """Return latents with what is seen beside each, (B, C + 1 + C, h, w)."""
    return torch.cat([x, surroundings.to(x).expand(len(x), -1, -1, -1)], dim=1)


def _pairs(lengths: Sequence[int]) -> list[list[int]]:
    """Return the places of what has one length by twos; by more, memory would grow."""
    alike = [[p for p, own in enumerate(lengths) if own == length] for length in set(lengths)]
    return sorted(places[at : at + 2] for places in alike for at in range(0, len(places), 2))


def _together(denoise: Denoiser, x: Tensor, sigma: Tensor, texts: int) -> tuple[Tensor, ...]:
    """Return an estimate of x for each text, from one call."""
    return denoise(torch.cat([x] * texts), sigma.repeat(texts)).chunk(texts)
