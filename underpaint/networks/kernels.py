"""Attention's inner product of queries, keys and values, in the way that is fastest here.

torch's fused kernel computes in bfloat16 on a CPU no faster than in float32: it does not reach the
processor's own instructions for it. Its matrix products do. So there the scores are made piece by
piece, each small enough to stay near the cores.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["attend"]

MOST_SCORES = 2**21
"""Scores of one piece: four megabytes in bfloat16."""


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Return softmax(q k^T / sqrt(D)) v.

    Paper: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.

    Args:
        q: queries, (B, heads, N, D).
        k: keys, (B, heads, L, D).
        v: values, (B, heads, L, D).

    Returns:
        (B, heads, N, D).
    """
    if not _by_pieces(q):
        return F.scaled_dot_product_attention(q, k, v)
    batch, heads = q.shape[:2]
    q, v = q.flatten(0, 1), v.flatten(0, 1)
    keys = (k.flatten(0, 1) / math.sqrt(k.shape[-1])).transpose(1, 2)
    gathered = torch.empty_like(q)
    for some, rows in _pieces(q.shape[0], q.shape[1], keys.shape[2]):
        scores = q[some, rows] @ keys[some]
        gathered[some, rows] = scores.softmax(-1) @ v[some]
    return gathered.unflatten(0, (batch, heads))


def _by_pieces(q: Tensor) -> bool:
    """Whether pieces are faster; for what learns or traces, it is one kernel anywhere."""
    traced = torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
    plain = not (traced or torch.is_grad_enabled())
    return plain and q.device.type == "cpu" and q.dtype == torch.bfloat16


def _pieces(heads: int, rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """Yield heads and rows of scores that are made at once: whole heads if one is small enough."""
    some = max(1, MOST_SCORES // (rows * columns))
    few = rows if some > 1 else max(1, MOST_SCORES // columns)
    for head in range(0, heads, some):
        for row in range(0, rows, few):
            yield slice(head, head + some), slice(row, row + few)
