"""What a network listens to: texts as features, and what else is told beside the latent."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import torch
from torch import Tensor

from underpaint.families._control import Lead

__all__ = ["Conditioning", "Heard"]


class Conditioning(NamedTuple):
    """A text as a network listens to it.

    Attributes:
        tokens: features of its tokens, (1, L, D), whole contexts in a row.
        pooled: one vector for the whole text, (1, P); None if the model has no use for it.
        clip_skip: what it was encoded with.
    """

    tokens: Tensor
    pooled: Tensor | None
    clip_skip: int = 1


class Heard(NamedTuple):
    """What a network listens to besides the latent and its timestep, for each latent of a batch.

    Attributes:
        tokens: features of the texts' tokens, (B, L, D).
        pooled: the texts' vectors, (B, P); None if the model has no use for them.
        guidance: guidance scales, (B,); None if the network does not obey them.
        positives: how many of the batch, at its beginning, are not to be kept away from.
        leads: what leads besides the texts.
    """

    tokens: Tensor
    pooled: Tensor | None
    guidance: Tensor | None
    positives: int = 0
    leads: tuple[Lead, ...] = ()

    @classmethod
    def of(
        cls, texts: Sequence[Conditioning], count: int, *, guidance: Tensor | None = None
    ) -> Self:
        """Return what a batch listens to, whose latents stand text by text.

        Args:
            texts: of one length.
            count: latents in the batch, as many for each text.
            guidance: guidance scales, (count,), if the network obeys them.
        """
        pictures = count // len(texts)
        tokens = torch.cat([text.tokens for text in texts]).repeat_interleave(pictures, dim=0)
        pooled = [text.pooled for text in texts if text.pooled is not None]
        vectors = torch.cat(pooled).repeat_interleave(pictures, dim=0) if pooled else None
        return cls(tokens, vectors, guidance)
