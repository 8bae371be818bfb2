"""Latents at another size."""

import pytest
import torch

from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines._enlarging import enlarger
from underpaint.pipelines._upscaling import enlarged, own_size, stretched
from underpaint.requests._upscalers import UPSCALERS, is_latent

CPU = torch.device("cpu")
LATENT = [upscaler for upscaler in UPSCALERS if is_latent(upscaler)]


def brought(
    latents: torch.Tensor, upscaler: str, model: Model, canvas: tuple[int, int]
) -> torch.Tensor:
    by = upscaler if is_latent(upscaler) else enlarger(upscaler, (), CPU)
    walk = enlarged(latents, by, model, canvas=canvas)
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("upscaler", LATENT)
def test_a_latent_comes_to_the_size_alone_as_in_company(upscaler: str) -> None:
    latents = torch.randn(2, 4, 8, 6, generator=torch.Generator().manual_seed(1))
    large = stretched(latents, upscaler, 16, 9)
    assert large.shape == (2, 4, 16, 9)
    assert torch.equal(large[1:], stretched(latents[1:], upscaler, 16, 9))
    plain = torch.full((1, 4, 8, 6), 0.5)
    assert torch.allclose(stretched(plain, upscaler, 12, 11), torch.tensor(0.5))


def test_latent_upscalers_differ() -> None:
    assert [upscaler for upscaler in UPSCALERS if not is_latent(upscaler)] == ["lanczos", "nearest"]
    latent = torch.randn(1, 4, 9, 9, generator=torch.Generator().manual_seed(1))
    small = {stretched(latent, upscaler, 5, 5).numpy().tobytes() for upscaler in LATENT}
    assert len(small) == len(LATENT)


@pytest.mark.parametrize(
    ("size", "own"),
    [
        ((64, 96), (64, 96)),
        ((71, 3), (64, 8)),
        ((4096, 2048), (2048, 1024)),
        ((9000, 1), (2048, 8)),
    ],
)
def test_a_picture_has_a_size_in_whole_positions(
    size: tuple[int, int], own: tuple[int, int]
) -> None:
    assert own_size(Image("L", *size, bytes(size[0] * size[1])), 8) == own


@pytest.mark.parametrize("upscaler", UPSCALERS)
def test_pictures_come_to_a_canvas_alone_as_in_company(model: Model, upscaler: str) -> None:
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    large = brought(latents, upscaler, model, (128, 96))
    assert large.shape == (2, 4, 12, 16)
    assert torch.equal(large[1:], brought(latents[1:], upscaler, model, (128, 96)))


def test_what_stands_out_is_cut_on_two_sides(model: Model) -> None:
    rows = torch.arange(8.0).reshape(1, 1, 8, 1).expand(1, 4, 8, 8)
    large = brought(rows, "latent_nearest", model, (128, 64))
    assert large[0, 0, :, 0].tolist() == [2, 2, 3, 3, 4, 4, 5, 5]
