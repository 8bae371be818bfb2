"""An upscaler: a network bound to weights, that enlarges pictures of any size piece by piece."""

from collections.abc import Generator, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint.errors import WeightsError
from underpaint.families._pieces import by_pieces, count
from underpaint.networks.esrgan import Compact, CompactParams, Esrgan, EsrganParams
from underpaint.weights import esrgan
from underpaint.weights._header import shown
from underpaint.weights.rename import bind, hollow

__all__ = ["Upscaler"]

TILE = 192


class Upscaler:
    """Enlarges pictures."""

    def __init__(self, path: Path, device: torch.device) -> None:
        """Load a network.

        Args:
            path: its file; the architecture is told by the tensors.
            device: where it is to compute, in float32.

        Raises:
            WeightsError: the file is not acceptable, or holds no upscaler that is known.
            StorageError: it is a pickle, and its conversion cannot be written anywhere.
        """
        weights = esrgan.read(path)
        tensors = {
            name: tensor.to(device, torch.float32) for name, tensor in weights.tensors.items()
        }
        self.name = path.stem
        self._network = _network(tensors, shown(path.name))
        self._device = device

    @property
    def scale(self) -> float:
        """How many times larger a side comes out; not always above 1."""
        return self._network.params.scale

    def count(self, width: int, height: int) -> int:
        """Return in how many pieces a picture of this size is enlarged."""
        return count(self._folded(width), TILE) * count(self._folded(height), TILE)

    def enlarge(self, pixels: Tensor, tile: int = TILE) -> Generator[None, None, Tensor]:
        """Enlarge a picture; yields after each piece.

        Args:
            pixels: (1, 3, H, W), 0..1.
            tile: positions a side that a piece has at most, above 32; a picture that is no larger
                is one piece.

        Returns:
            (1, 3, round(H * scale), round(W * scale)), 0..1.

        Raises:
            WeightsError: the network gives what is no number.
        """
        height, width = pixels.shape[2:]
        down, across = self._folded(height), self._folded(width)
        fold = self._folding
        scale = round(fold * self.scale)
        missing = across * fold - width, down * fold - height
        whole = F.pad(pixels, (0, missing[0], 0, missing[1]), mode="replicate")
        canvas = yield from by_pieces(self._enlarged, whole, tile=tile, fold=fold, scale=scale)
        return canvas[..., : round(height * self.scale), : round(width * self.scale)].clamp_(0, 1)

    @torch.no_grad()
    def _enlarged(self, pixels: Tensor) -> Tensor:
        found = self._network(pixels.to(self._device)).float().cpu()
        if not bool(torch.isfinite(found).all()):
            raise WeightsError(f"{self.name!r} gave numbers that are no picture")
        return found

    @property
    def _folding(self) -> int:
        """Pixels a side that make a position."""
        params = self._network.params
        return params.folding if isinstance(params, EsrganParams) else 1

    def _folded(self, side: int) -> int:
        """Return the positions of a side."""
        return -(-side // self._folding)


def _unfilled(params: EsrganParams | CompactParams) -> Esrgan | Compact:
    return Esrgan(params) if isinstance(params, EsrganParams) else Compact(params)


def _network(tensors: Mapping[str, Tensor], where: str) -> Esrgan | Compact:
    """Return the network that tensors are of; nothing is initialised, nothing copied.

    Raises:
        WeightsError: they are not whole; names what does not fit.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    try:
        params = (EsrganParams if "conv_first.weight" in shapes else CompactParams).of(shapes)
    except (KeyError, ValueError, IndexError) as error:
        raise WeightsError(f"{where} has tensors of shapes that no upscaler has") from error
    network = hollow(lambda: _unfilled(params))
    bind(network, tensors, where)
    return network.eval().requires_grad_(False)
