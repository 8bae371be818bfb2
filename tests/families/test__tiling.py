"""Pictures that tile: a network that sees the opposite edges cannot tell where a picture ends."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from underpaint.errors import RequestError
from underpaint.families import tiny
from underpaint.families._model import Model
from underpaint.families._tiling import circular

SHIFT = (4, 8)
"""Positions of a latent, down and across: as many as the U-Net halves away, or more."""


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny.build(tiny.weights())


def rolled(x: Tensor, by: int = 1) -> Tensor:
    return torch.roll(x, (SHIFT[0] * by, SHIFT[1] * by), (2, 3))


def latent() -> Tensor:
    return torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))


def estimate(model: Model, x: Tensor) -> Tensor:
    text = model.encode_text("a fox")
    [found] = model.estimates(text)(x, torch.tensor(3.0))
    return found


def test_what_is_shifted_before_is_shifted_after(model: Model) -> None:
    tiling, x = model.seamless(), latent()
    close: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-4}
    torch.testing.assert_close(estimate(tiling, rolled(x)), rolled(estimate(tiling, x)), **close)
    pixels = tiling.decode(x)
    shifted = rolled(pixels, tiling.factor)
    torch.testing.assert_close(tiling.decode(rolled(x)), shifted, **close)
    torch.testing.assert_close(tiling.encode(shifted), rolled(tiling.encode(pixels)), **close)


def test_otherwise_it_is_not(model: Model) -> None:
    x = latent()
    assert float((estimate(model, rolled(x)) - rolled(estimate(model, x))).abs().max()) > 0.01
    pixels = model.decode(x)
    shifted = rolled(pixels, model.factor)
    assert float((model.decode(rolled(x)) - shifted).abs().max()) > 0.01
    assert float((model.encode(shifted) - rolled(model.encode(pixels))).abs().max()) > 0.01


def test_the_model_stays_as_it_was(model: Model) -> None:
    x = latent()
    before = estimate(model, x), model.decode(x)
    tiling = model.seamless()
    assert not torch.equal(tiling.decode(x), before[1])
    estimate(tiling, x)
    assert torch.equal(estimate(model, x), before[0])
    assert torch.equal(model.decode(x), before[1])


def test_layers_are_put_back_even_after_a_fault() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 3, bias=False))
    with pytest.raises(ZeroDivisionError), circular(network):
        assert [getattr(layer, "padding_mode") for layer in network] == [  # noqa: B009
            "circular",
            "zeros",
            "circular",
        ]
        raise ZeroDivisionError
    assert {getattr(layer, "padding_mode") for layer in network} == {"zeros"}  # noqa: B009


def test_a_model_that_cannot_says_so(model: Model) -> None:
    with pytest.raises(RequestError, match="tiling is True; 'tiny' cannot paint pictures that til"):
        Model.seamless(model)
