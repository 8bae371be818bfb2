"""The beta distribution's quantile, so that one schedule does not cost a dependency on scipy."""

import math

_TINY = 1e-300


def quantile(share: float, alpha: float, beta: float) -> float:
    """Return the point below which `share` of the beta distribution lies.

    Bisection: the cumulative distribution rises, and 64 halvings leave nothing of float64.

    Args:
        share: 0..1.
        alpha: first shape, > 0.
        beta: second shape, > 0.

    Returns:
        0..1, within about 1e-14.
    """
    low, high = 0.0, 1.0
    for _ in range(64):
        middle = (low + high) / 2
        if cumulative(middle, alpha, beta) <= share:
            low = middle
        else:
            high = middle
    return low


def cumulative(point: float, alpha: float, beta: float) -> float:
    """Return the regularised incomplete beta function I_x(alpha, beta), DLMF 8.17.22.

    Args:
        point: x, 0..1.
        alpha: first shape, > 0.
        beta: second shape, > 0.

    Returns:
        0..1, to about 1e-15.
    """
    if point <= 0 or point >= 1:
        return float(point >= 1)
    if point > (alpha + 1) / (alpha + beta + 2):  # beyond it the fraction converges slowly
        return 1 - cumulative(1 - point, beta, alpha)

    log_beta = math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)
    front = math.exp(alpha * math.log(point) + beta * math.log1p(-point) - log_beta) / alpha
    return front / _fraction(point, alpha, beta)


def _fraction(point: float, alpha: float, beta: float) -> float:
    """Return the continued fraction 1 + d1 / (1 + d2 / (1 + ...)) by Lentz's method."""
    value = numerator = 1.0
    denominator = 0.0
    for index in range(1, 200):
        half = index // 2
        if index % 2:
            top = -(alpha + half) * (alpha + beta + half) * point
            term = top / ((alpha + 2 * half) * (alpha + 2 * half + 1))
        else:
            term = half * (beta - half) * point / ((alpha + 2 * half - 1) * (alpha + 2 * half))

        denominator = 1 / (1 + term * denominator or _TINY)
        numerator = 1 + term / numerator or _TINY
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < 1e-16:
            break
    return value
