"""Euler: one straight step a level."""

from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Churn, Step, churned, moved, strides

LABEL = "Euler"
ALIASES = ("k_euler",)
ORDER = 1
SCHEDULE = "uniform"
NOISE = "gaussian"


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
    *,
    churn: Churn = Churn(),  # noqa: B008 - frozen
) -> Iterator[Step]:
    """Walk x down the sigmas, one denoiser call a step.

    Paper: Karras et al. 2022, arXiv:2206.00364, algorithm 2 without its second half.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval; may be None without churn.
        churn: noise to add before each step; none by default.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        sigma_hat = churn.raised(sigma, len(sigmas) - 1)
        x = churned(x, noise, churn, sigma=sigma, sigma_hat=sigma_hat)

        denoised = denoise(x, level.new_tensor(sigma_hat))
        x = moved(x, denoised, sigma_next / sigma_hat)
        yield Step(index, x, denoised, level)
