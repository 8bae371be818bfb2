"""How large a step each step is: the learning rate over the run."""

import math

__all__ = ["learning_rate"]


def learning_rate(step: int, *, peak: float, warmup: int, steps: int) -> float:
    """Return the learning rate of a step: a straight line up, then half a cosine down to 0.

    Warm-up: Goyal et al. 2017, arXiv:1706.02677, section 2.2. Cosine: Loshchilov and Hutter 2017,
    arXiv:1608.03983, eq. 5, without restarts.

    Args:
        step: 0 for the first step, steps - 1 for the last.
        peak: the highest rate, reached after `warmup` steps.
        warmup: steps the rise takes; 0 = none.
        steps: length of the run.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    share = (step - warmup) / max(1, steps - warmup)
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
