"""DPM adaptive: leaps of third order, as long as a second order one beside them agrees."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from underpaint.diffusion._exact import total
from underpaint.diffusion.forward import per_image
from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._dpm_solver import leap
from underpaint.diffusion.samplers._step import Step, ancestral

LABEL = "DPM adaptive"
ALIASES = ("k_dpm_ad", "k_dpm_adaptive")
ORDER = 0  # its steps are as many as the tolerance asks for
SCHEDULE = "uniform"
NOISE = "gaussian"

RELATIVE, ABSOLUTE = 0.05, 0.0078
"""The error a leap may make, as a share of x and at least; 0.0078 is a pixel's last bit."""
FIRST_LEAP = 0.05
"""Length of the first leap, in lambda."""
ACCEPTED = 0.81
"""A leap stands if the next one may be at least this share of its length."""


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Iterator[Step]:
    """Leap x from the highest level to the lowest, three calls a leap, and land by one more.

    Paper: Lu et al. 2022, arXiv:2206.00927, appendix C (DPM-Solver-23), made ancestral as
    k-diffusion does, whose tolerances and step control these are. Every image goes at its own pace
    and is judged by its own error, so its company does not change it.

    Args:
        denoise: (x, sigma (B,)) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0; only the ends are heeded.
        noise: unit normal noise for an interval of each image; may be None when eta is 0.
        eta: share of fresh noise, 0..1.
        s_noise: what the fresh noise is multiplied by, about 1.

    Yields:
        One Step for each leap that is tried; the last one's x is the sample.
    """
    levels = sigmas.detach().to("cpu", torch.float64)
    if len(levels) == 1:
        return
    first, lowest, steps = float(levels[0]), levels[levels > 0][-1], len(levels) - 1
    walkers = [_Walker(image, image, first, float(lowest), eta) for image in x]

    while any(walker.walking for walker in walkers):
        sigma = levels.new_tensor([walker.sigma for walker in walkers])
        down = levels.new_tensor([walker.down for walker in walkers])
        reach, denoised = leap(denoise, x, sigma, down)
        turned = reach.turned(1 / 3)
        for walker, low, high in zip(
            walkers, reach.second(turned, 1 / 3), reach.third(turned), strict=True
        ):
            walker.judge(low, high)

        x = torch.stack([walker.x for walker in walkers])
        after = levels.new_tensor([walker.sigma for walker in walkers])
        if eta * s_noise > 0:
            assert noise is not None, "this sampler adds noise: hand it a noise source, or eta=0"
            amount = levels.new_tensor([walker.up * s_noise for walker in walkers])
            x = x + per_image(amount, x) * noise(sigma, after).to(x)
            for walker, image in zip(walkers, x, strict=True):
                walker.x = image

        share = min(math.log(first / walker.sigma) for walker in walkers) / math.log(first / lowest)
        yield Step(min(int(share * steps), steps - 1), x, denoised, sigma)

    if levels[-1] == 0:
        x = denoise(x, lowest.expand(len(x)))
        yield Step(steps - 1, x, x, lowest)


@dataclass(slots=True)
class _Walker:
    """One image on its way.

    Attributes:
        x: where it is.
        low: the second order end of its last leap.
        sigma: level of x.
        lowest: level to arrive at.
        eta: share of fresh noise.
        length: of the leap to try next, in lambda.
        up: noise to add to x, after a leap that stands.
    """

    x: Tensor
    low: Tensor
    sigma: float
    lowest: float
    eta: float
    length: float = FIRST_LEAP
    up: float = 0.0

    @property
    def walking(self) -> bool:
        return math.log(self.sigma / self.lowest) > 1e-5

    @property
    def target(self) -> float:
        return max(self.sigma * math.exp(-self.length), self.lowest)

    @property
    def down(self) -> float:
        """The level to leap to, from which noise leads up to the target."""
        return max(ancestral(self.sigma, self.target, self.eta)[0], self.lowest)

    def judge(self, low: Tensor, high: Tensor) -> None:
        """Go to the third order end if the second order end is near, and set the next length.

        Numbers that are none are let through to the end, for whoever looks at the picture.
        """
        self.up = 0.0
        if not self.walking:
            return

        allowed = (RELATIVE * torch.maximum(low.abs(), self.low.abs())).clamp(min=ABSOLUTE)
        error = math.sqrt(total(((low - high) / allowed).double().square()) / low.numel())
        order = 1.5 if self.eta > 0 else 3
        growth = 1 + math.atan((error + 1e-8) ** (-1 / order) - 1)

        if not math.isfinite(error):
            self.x, self.sigma = high, self.lowest
        elif growth >= ACCEPTED:
            self.up = math.sqrt(self.target**2 - self.down**2)
            self.x, self.low, self.sigma = high, low, self.target
        self.length *= growth
