"""What CLIP's text encoder and OpenCLIP's do alike, though a checkpoint names their parts apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["NO_VECTORS", "Vectors", "attended", "passed", "replaced"]

Vectors = Mapping[int, Tensor]
"""Vectors that take the place of tokens' own from a place on: (n, width) each, by the place."""

NO_VECTORS: Vectors = MappingProxyType({})


def replaced(meanings: Tensor, vectors: Vectors) -> Tensor:
    """Return the tokens' meanings with a person's own in some places.

    Args:
        meanings: (B, L, width); changed in place.
        vectors: the same for each row.
    """
    for place, own in vectors.items():
        meanings[:, place : place + len(own)] = own
    return meanings


def attended(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """Return what each token gathers from itself and those before it.

    Args:
        q: what is asked, (B, L, width).
        k: what answers, like q.
        v: with what, like q.
        heads: number of heads.
    """
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)


def passed(layers: Iterable[nn.Module], x: Tensor, left: int) -> tuple[Tensor, Tensor]:
    """Return x after all layers, and after all but the last ones.

    Args:
        layers: what it passes through.
        x: (B, L, width).
        left: how many layers the second result leaves out, at least 0.
    """
    states = [x]
    for layer in layers:
        states.append(layer(states[-1]))
    return states[-1], states[max(0, len(states) - 1 - left)]
