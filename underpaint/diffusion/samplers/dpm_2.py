"""DPM2: look halfway down first, then take the whole step along the slope seen there."""

import math
from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Churn, Step, churned, moved, strides

LABEL = "DPM2"
ALIASES = ("k_dpm_2",)
ORDER = 2
CALLS = 2
SCHEDULE = "karras"
NOISE = "gaussian"
DISCARD_PENULTIMATE = True


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
    *,
    churn: Churn = Churn(),  # noqa: B008 - frozen
) -> Iterator[Step]:
    """Walk x down the sigmas, two denoiser calls a step and one on the last.

    Papers: Lu et al. 2022, arXiv:2206.00927, algorithm 1, for where halfway is (in log(sigma));
    Karras et al. 2022, arXiv:2206.00364, algorithm 2, for the step and the churn.

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

        # The step to 0 has no halfway.
        if sigma_next > 0:
            middle = math.sqrt(sigma_hat * sigma_next)
            halfway = moved(x, denoised, middle / sigma_hat)
            slope = (halfway - denoise(halfway, level.new_tensor(middle))) / middle
            x = x + slope * (sigma_next - sigma_hat)
        else:
            x = moved(x, denoised, sigma_next / sigma_hat)
        yield Step(index, x, denoised, level)
