"""Several texts in one picture: the estimate that leans to each of them by its weight."""

from collections.abc import Sequence

from torch import Tensor

from underpaint.diffusion.guidance import Estimates


def composed(estimates: Estimates, weights: Sequence[float]) -> Estimates:
    """Return the estimates (positive, negative) with all positive ones made one.

    ``negative + sum_i weight_i * (positive_i - negative)``: Liu et al. 2022, arXiv:2206.01714,
    eq. 11. Guided by a scale, that is their sum of guided differences.

    Args:
        estimates: gives one estimate for each weight, then the negative one.
        weights: how far to lean to each; one weight of 1 is that estimate but for rounding.
    """

    def one(x: Tensor, sigma: Tensor) -> tuple[Tensor, ...]:
        *positives, negative = estimates(x, sigma)
        leaning = negative
        for weight, positive in zip(weights, positives, strict=True):
            leaning = leaning + (positive - negative) * weight
        return leaning, negative

    return one
