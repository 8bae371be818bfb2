"""Captions as numbers: tokenised once, chosen and sometimes left out at each step."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from underpaint.networks.clip import ClipText
from underpaint.networks.tokenizer import Tokenizer
from underpaint.prompt.emphasis import Span

__all__ = ["Captions", "Tokenize", "tokenized"]

Tokenize = Callable[[Sequence[str], int], Tensor]
"""(texts, length) -> (texts, length) int64: start token, words, end tokens to the full length."""


def tokenized(texts: Sequence[str], length: int) -> Tensor:
    """Return the ids of texts as they stand, brackets and all, cut to one context.

    Args:
        texts: any.
        length: of the context.

    Returns:
        (texts, length) int64.
    """
    tokenizer = Tokenizer()
    return torch.tensor([tokenizer.rows([Span(text, 1.0)], length)[0].ids for text in texts])


class Captions:
    """Draws a caption for each picture of a batch and lets the text encoder read it."""

    def __init__(
        self,
        captions: Sequence[Sequence[str]],
        text: ClipText,
        tokenize: Tokenize,
        *,
        dropout: float,
    ) -> None:
        """Tokenise all captions.

        Args:
            captions: the ways to describe each picture; none is like the empty caption.
            text: the encoder, which learns along.
            tokenize: what makes ids of texts.
            dropout: share of captions replaced by the empty one, 0..1, so that the network also
                learns to paint without: Ho and Salimans 2022, arXiv:2207.12598, section 3.2.
        """
        texts = list(dict.fromkeys(["", *(way for ways in captions for way in ways)]))
        rows = {text: row for row, text in enumerate(texts)}
        self.text = text
        self.tokenize = tokenize
        self.dropout = dropout
        self.ids = tokenize(texts, text.params.context_length)
        self.ways = torch.tensor([rows[way] for ways in captions for way in ways or ("",)])
        self.counts = torch.tensor([max(1, len(ways)) for ways in captions])
        self.first = self.counts.cumsum(0) - self.counts

    def drawn(self, indices: Tensor, chance: torch.Generator) -> Tensor:
        """Return token ids of one caption for each picture.

        Args:
            indices: (B,), the pictures.
            chance: decides which way, and which are left out.

        Returns:
            (B, L) int64 on the CPU.
        """
        luck, dropped = torch.rand((2, len(indices)), generator=chance)
        way = (luck * self.counts[indices]).long().clamp(max=self.counts[indices] - 1)
        rows = self.ways[self.first[indices] + way]
        return self.ids[torch.where(dropped < self.dropout, 0, rows)]

    def read(self, ids: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return the features of all tokens (B, L, D) and of each end token (B, D)."""
        return self.text(ids.to(device))

    def features(self, texts: Sequence[str], device: torch.device) -> tuple[Tensor, Tensor]:
        """Return what the encoder makes of any texts; shapes as in `read`."""
        return self.read(self.tokenize(texts, self.text.params.context_length), device)
