"""What every Stable Diffusion is: a U-Net on the latents of an autoencoder, and what it listens to.

Paper: Rombach et al. 2022, arXiv:2112.10752. A family adds how it reads texts.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from copy import copy
from pathlib import Path
from typing import NamedTuple, Self, cast

import torch
from torch import Tensor, nn

from underpaint.errors import RequestError, WeightsError
from underpaint.families._adapted import TEXT, UNET, Wardrobe, Worn
from underpaint.families._control import ControlNets, Listened, residuals
from underpaint.families._heard import Conditioning, Heard
from underpaint.families._model import Model
from underpaint.families._parts import Parts
from underpaint.families._pieces import at_once, by_pieces
from underpaint.families._running import Inputs, Part, Preparation, Runner, torch_runner
from underpaint.families._text import Reader
from underpaint.families._tiling import circular, plain
from underpaint.networks.controlnet import ControlNet
from underpaint.networks.unet import UNet
from underpaint.networks.vae import Autoencoder
from underpaint.requests._emphasis import Emphasis

AT_ONCE = 1024
"""Pixels a side that an autoencoder takes at once; what is larger goes piece by piece."""

LEAST_TILE = 64
"""Positions a side of a latent that it takes at once, however many pixels they make."""

EXAMPLE = 16
"""Positions a side of the latent that networks are prepared with."""


class Networks(NamedTuple):
    """The networks of a model.

    Attributes:
        unet: predicts.
        autoencoder: between pixels and latents.
        readers: read the prompt, each with its text encoder; their features go side by side.
    """

    unet: UNet
    autoencoder: Autoencoder
    readers: tuple[Reader, ...]


class StableDiffusion(Model):
    """Stable Diffusion 1, of any size, and what the others share with it."""

    def __init__(self, parts: Parts, networks: Networks) -> None:
        """Put the networks together.

        Args:
            parts: of the file that they come from.
            networks: on its device.

        Raises:
            WeightsError: the networks are whole but do not fit each other.
        """
        super().__init__(parts.weights, parts.marks, device=parts.device, dtype=parts.dtype)
        self._unet, self._autoencoder, self._readers = networks
        self._runner: Runner = torch_runner
        self._edges: Callable[[nn.Module], AbstractContextManager[None]] = plain
        self._pixel_dtype = next(self._autoencoder.parameters()).dtype
        self._check_channels(parts.where)
        self._check_width(parts.where)
        texts = (cast(nn.Module, reader.network) for reader in self._readers)
        listed = zip((UNET, TEXT, f"{TEXT}_2"), (self._unet, *texts), strict=False)
        self._wardrobe = Wardrobe(dict(listed))
        self._controlnets = ControlNets(
            self._unet.params,
            factor=self.factor,
            name=self.name,
            device=self.device,
            dtype=self.dtype,
        )

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Its text encoders, in the order of the file."""
        return self._readers

    @property
    def factor(self) -> int:
        """Pixels a side that make one position of a latent; 8 for the published ones."""
        return self._autoencoder.params.factor

    @property
    def latent_channels(self) -> int:
        """Channels of a latent; 4 for the published ones."""
        return self._autoencoder.params.latent_channels

    @property
    def obeys_guidance(self) -> bool:
        """Whether its network hears the guidance scale, as latent consistency models do."""
        return self._unet.params.guidance_width is not None

    @property
    def inpaints(self) -> bool:
        """Whether its network sees the mask, and what is kept, beside the latent."""
        return self._unet.params.in_channels > self.latent_channels

    def run_by(self, runner: Runner) -> None:
        """Let something else than torch run U-Net and autoencoder from now on.

        Each is prepared first, which can take minutes.

        Args:
            runner: what runs them.

        Raises:
            UnderpaintError: the runner cannot.
        """
        _ = self._colours  # which need no more than torch
        self._runner = Preparation(runner)
        heard = self._heard(2, [self.encode_text("")] * 2, guidance_scale=1.0)
        channels, latent = self._unet.params.in_channels, (EXAMPLE, EXAMPLE)
        x = torch.zeros(2, channels, *latent, device=self.device, dtype=self.dtype)
        self._predicted(x, torch.zeros(2, device=self.device), heard)
        self._decoded(torch.zeros(1, self.latent_channels, *latent))
        self._encoded(torch.zeros(1, 3, *(EXAMPLE * self.factor,) * 2))
        self._runner = runner

    def seamless(self) -> Self:
        """Return it so that its pictures tile, sharing all with it; torch runs its networks."""
        twin = copy(self)
        twin._edges, twin._runner = circular, torch_runner
        return twin

    def adapted(self, worn: tuple[Worn, ...]) -> AbstractContextManager[None]:
        """Return the context in which adapters change its networks; then they are as they were.

        What it wore last is kept for the next time.

        Args:
            worn: which, and how much of each; they add up.

        Raises:
            WeightsError: on entering: a file is not acceptable, or not made for this model.
        """
        return self._wardrobe.wearing(worn)

    def controlnets(self, paths: Sequence[Path]) -> tuple[ControlNet, ...]:
        """Return the networks in some files, by which pictures can lead it.

        Those that were asked for last are kept for the next time.

        Args:
            paths: of the files.

        Raises:
            WeightsError: a file is not acceptable, or not made for this model.
        """
        return self._controlnets.of(paths)

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
            text: weights in brackets, BREAK and all; "" for none.
            clip_skip: 1 = the text encoder's last layer; n stops n - 1 layers earlier.
            emphasis: what the weights do.
            negative: makes no difference here.

        Raises:
            RequestError: the text encoder has fewer layers, or the prompt is not acceptable.
        """
        del negative
        layers = min(reader.params.layers for reader in self._readers)
        if not 1 <= clip_skip <= layers:
            raise RequestError(
                f"clip_skip is {clip_skip}; for {self.name!r} it must be 1 to {layers}"
            )
        skip = self._skipped(clip_skip)
        readings = [
            reader.read(text, clip_skip=skip, emphasis=emphasis) for reader in self._readers
        ]
        tokens = torch.cat([reading.tokens for reading in readings], dim=-1)
        listens = self._unet.params.pooled_width is not None
        return Conditioning(tokens, readings[-1].pooled if listens else None, clip_skip)

    def _skipped(self, clip_skip: int) -> int:
        """Return which layer from the last to read in each text encoder."""
        return clip_skip

    @property
    def _pooled_width(self) -> int:
        """How wide the vector is that a network hears if it hears one."""
        return self._readers[-1].params.pooled_width

    def _predicted(self, x: Tensor, timestep: Tensor, heard: Heard) -> Tensor:
        texts = heard.tokens, heard.pooled
        added = residuals(heard.leads, Listened(x, timestep, *texts, heard.positives))
        if added:
            with self._edges(self._unet):
                return self._unet(x, timestep, *texts, guidance=heard.guidance, residuals=added)
        inputs = {"x": x, "timesteps": timestep, "context": heard.tokens, "pooled": heard.pooled}
        return self._run(Part("unet", self._unet), {**inputs, "guidance": heard.guidance})

    def _encoded(self, pixels: Tensor) -> Tensor:
        part = Part("encoder", self._autoencoder, "middle")

        def encode(piece: Tensor) -> Tensor:
            return self._run(part, {"pixels": piece.to(self._pixel_dtype)})

        return self._by_pieces(encode, pixels, fold=self.factor, scale=1)

    def _decoded(self, latent: Tensor) -> Tensor:
        part = Part("decoder", self._autoencoder, "decode")

        def decode(piece: Tensor) -> Tensor:
            return self._run(part, {"latent": piece.to(self._pixel_dtype)})

        return self._by_pieces(decode, latent, fold=1, scale=self.factor)

    def _by_pieces(
        self, network: Callable[[Tensor], Tensor], whole: Tensor, *, fold: int, scale: int
    ) -> Tensor:
        """Send pictures through the autoencoder: those too large for it at once, piece by piece."""
        tile = max(AT_ONCE // self.factor, LEAST_TILE)
        if max(whole.shape[2:]) <= tile * fold or self._edges is circular:
            return network(whole)
        work = (
            by_pieces(network, one, tile=tile, fold=fold, scale=scale)
            for one in torch.split(whole, 1)
        )
        return torch.cat([at_once(each) for each in work])

    def _run(self, part: Part, inputs: Inputs) -> Tensor:
        with self._edges(part.network):
            return self._runner(part, inputs)

    def _check_channels(self, where: str) -> None:
        unet, latent = self._unet.params, self.latent_channels
        if unet.in_channels not in {latent, latent + 1 + latent} or unet.out_channels != latent:
            raise WeightsError(
                f"{where} has a U-Net from {unet.in_channels} to {unet.out_channels} channels on "
                f"latents of {latent}; besides {latent} to {latent} only those for inpainting, "
                f"{latent + 1 + latent} to {latent}, are supported"
            )

    def _check_width(self, where: str) -> None:
        unet = self._unet.params
        width = sum(reader.params.width for reader in self._readers)
        if unet.context_width != width or unet.pooled_width not in {None, self._pooled_width}:
            raise WeightsError(f"{where} has a U-Net for text of another width than {width}")
