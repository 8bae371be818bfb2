"""Sums of a picture that come out the same for any batch, thread count and device.

A float32 sum depends on the order it is added up in, and that order on how the work is split. Its
last bit would then change with the batch a picture is in.
"""

import math
from typing import cast

from torch import Tensor


def total(values: Tensor) -> float:
    """Return the sum of all elements, correctly rounded to float64.

    Args:
        values: any shape, one picture's worth; slow for more.
    """
    numbers = values.flatten().tolist()  # pyright: ignore
    return math.fsum(cast("list[float]", numbers))


def spread(values: Tensor) -> float:
    """Return the standard deviation of all elements (at least one), 0 when they are equal.

    Args:
        values: any shape, one picture's worth.
    """
    wide = values.double()
    centred = wide - total(wide) / wide.numel()
    return math.sqrt(total(centred * centred) / wide.numel())
