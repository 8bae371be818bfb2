"""DoRA: an adapter that changes directions, and says what length each is to have.

Liu et al. 2024, arXiv:2402.09353, eq. 5: W' = m (W + delta) / |W + delta|.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def by_rows(lengths: Sequence[int], shape: Sequence[int]) -> bool | None:
    """Return whether lengths are of a matrix's rows, what it puts out; or of its columns.

    Args:
        lengths: shape of the lengths: (out,), (out, 1, ...) or (1, in, ...).
        shape: the matrix's, (out, in, ...).

    Returns:
        None where they are neither.
    """
    sides = [side for side in lengths if side != 1] or [1]
    if len(sides) != 1 or len(shape) < 2:
        return None
    if sides[0] == shape[0] and lengths[:1] == tuple(shape[:1]):
        return True
    return False if sides[0] == shape[1] and lengths[:1] == (1,) else None


def decomposed(own: Tensor, delta: Tensor, lengths: Tensor) -> Tensor:
    """Return what to add to a matrix so that its directions turn and its lengths are these.

    Args:
        own: the matrix, (out, in, ...), float32 or wider.
        delta: turns it, of its shape.
        lengths: of its rows or columns; kernels of a convolution count to both.

    Returns:
        Of its shape; where a row or column would be 0 it has no direction, and is no number.
    """
    turned = own + delta.to(own)
    rows = by_rows(tuple(lengths.shape), own.shape)
    kept = 0 if rows else 1
    others = [dimension for dimension in range(own.ndim) if dimension != kept]
    wanted = [-1 if dimension == kept else 1 for dimension in range(own.ndim)]
    found = torch.linalg.vector_norm(turned, dim=others, keepdim=True)
    return turned * (lengths.to(own).reshape(wanted) / found) - own
