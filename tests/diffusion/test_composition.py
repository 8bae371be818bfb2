"""Several texts in one estimate, against the sum spelt out."""

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.composition import composed
from underpaint.diffusion.guidance import Estimates, guided

SIGMA = torch.tensor(2.0)


def estimates(count: int) -> Estimates:
    """Return estimates of `count` texts that differ from text to text and place to place."""

    def estimated(x: Tensor, sigma: Tensor) -> tuple[Tensor, ...]:
        return tuple(x * (index + 1) - index**2 + sigma for index in range(count))

    return estimated


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("weights", [[1.0, 1.0], [1.2, 0.5, -0.5], [0.0, 0.0]])
def test_guidance_is_the_sum_of_what_each_text_leans_to(x: Tensor, weights: list[float]) -> None:
    *positives, negative = estimates(len(weights) + 1)(x, SIGMA)
    wanted = negative.clone()
    for weight, positive in zip(weights, positives, strict=True):
        wanted += 7.0 * weight * (positive - negative)
    found = guided(composed(estimates(len(weights) + 1), weights), 7.0)(x, SIGMA)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_one_text_of_weight_one_is_itself(x: Tensor) -> None:
    wanted = estimates(2)(x, SIGMA)
    for one, other in zip(composed(estimates(2), [1.0])(x, SIGMA), wanted, strict=True):
        torch.testing.assert_close(one, other)


def test_weights_of_nothing_are_the_negative(x: Tensor) -> None:
    positive, negative = composed(estimates(3), [0.0, 0.0])(x, SIGMA)
    assert torch.equal(positive, negative)


def test_every_estimate_has_its_weight(x: Tensor) -> None:
    with pytest.raises(ValueError, match="longer"):
        composed(estimates(4), [1.0, 1.0])(x, SIGMA)
