"""Upscalers: the same picture in pieces as at once."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.families import _upscaler
from underpaint.families._upscaler import Upscaler
from underpaint.networks.esrgan import Compact, CompactParams, Esrgan, EsrganParams
from underpaint.weights import checkpoint

CPU = torch.device("cpu")
SMALL = EsrganParams(channels=4, growth=2, blocks=1)


def saved(folder: Path, network: torch.nn.Module) -> Path:
    torch.manual_seed(1)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.copy_(torch.randn_like(tensor) * 0.2)
    checkpoint.save(folder / "sharp.safetensors", network.state_dict(), {})
    return folder / "sharp.safetensors"


def picture(height: int, width: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(2))


def enlarged(upscaler: Upscaler, pixels: Tensor, tile: int = _upscaler.TILE) -> Tensor:
    walk = upscaler.enlarge(pixels, tile)
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(
    "params",
    [
        SMALL,
        EsrganParams(channels=4, growth=2, blocks=1, folding=2),
        EsrganParams(channels=4, growth=2, blocks=1, doublings=1, folding=4),
    ],
)
def test_pieces_make_the_picture_that_the_whole_makes(tmp_path: Path, params: EsrganParams) -> None:
    upscaler = Upscaler(saved(tmp_path, Esrgan(params)), CPU)
    pixels = picture(201, 63)
    whole, tiled = enlarged(upscaler, pixels, 204), enlarged(upscaler, pixels, 48)
    assert whole.shape == (1, 3, round(201 * params.scale), round(63 * params.scale))
    assert upscaler.scale == params.scale
    # A dense block sees 15 pixels around it, and 8 of a piece are left out before it fades.
    torch.testing.assert_close(tiled, whole, rtol=0, atol=0.02)
    assert float((tiled - whole).abs().mean()) < 1e-3


def test_pieces_whose_edges_see_enough_make_the_same_numbers(tmp_path: Path) -> None:
    network = Compact(CompactParams(channels=4, convolutions=2, enlarging=2))
    upscaler = Upscaler(saved(tmp_path, network), CPU)
    pixels = picture(130, 75)
    whole = enlarged(upscaler, pixels, 204)
    torch.testing.assert_close(enlarged(upscaler, pixels, 48), whole, rtol=0, atol=1e-6)


def test_a_picture_that_fits_goes_through_at_once(tmp_path: Path) -> None:
    upscaler = Upscaler(saved(tmp_path, Esrgan(SMALL)), CPU)
    pixels = picture(20, 30)
    direct = upscaler._network(pixels).clamp(0, 1)
    assert torch.equal(enlarged(upscaler, pixels), direct)
    assert len(list(upscaler.enlarge(pixels))) == 1
    assert (upscaler.count(192, 192), upscaler.count(193, 400)) == (1, 6)


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("conv_first.weight", (4, 1, 3, 3), "has in another shape conv_first.weight"),
        ("conv_first.weight", (4,), "has tensors of shapes that no upscaler has"),
        ("conv_hr.bias", (), "has in another shape conv_hr.bias"),
        ("body.9999999.rdb1.conv1.weight", (2, 4, 3, 3), "lacks body.1.rdb1.conv1.weight"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(
    tmp_path: Path, name: str, shape: tuple[int, ...], words: str
) -> None:
    tensors = dict(Esrgan(SMALL).state_dict()) | {name: torch.zeros(shape)}
    checkpoint.save(tmp_path / "a.safetensors", tensors, {})
    with pytest.raises(WeightsError, match=words):
        Upscaler(tmp_path / "a.safetensors", CPU)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    network = Esrgan(SMALL)
    nothing = {"conv_last.bias": torch.full((3,), torch.nan)}
    checkpoint.save(tmp_path / "bad.safetensors", dict(network.state_dict()) | nothing, {})
    with pytest.raises(WeightsError, match="'bad' gave numbers that are no picture"):
        enlarged(Upscaler(tmp_path / "bad.safetensors", CPU), picture(8, 8))
