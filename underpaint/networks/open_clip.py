"""OpenCLIP's text encoder, named as in Stable Diffusion 2 and SDXL checkpoints.

Paper: Cherti et al. 2022, arXiv:2212.07143; the transformer is CLIP's (Radford et al. 2021,
arXiv:2103.00020, section 2.4) with the exact GELU. Every attribute name is a part of a checkpoint's
key below `cond_stage_model.model.` or `conditioner.embedders.N.model.`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from underpaint.networks.text import NO_VECTORS, Vectors, attended, passed, replaced

__all__ = ["OpenClipText", "OpenClipTextParams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClipTextParams:
    """Sizes of a text encoder; the defaults are OpenCLIP ViT-H/14's, 354 million weights."""

    vocabulary: int = 49_408
    """Number of tokens."""
    context_length: int = 77
    """Tokens of one chunk, the start and the end token among them."""
    width: int = 1024
    """Width of a token's features, a multiple of heads."""
    layers: int = 24
    """Transformer layers."""
    heads: int = 16
    """Attention heads."""
    projection: int | None = 1024
    """Width of the pooled vector, which is projected; None = it is not."""
    normalised: bool = True
    """Whether the last normalisation is applied to the features; SDXL takes them before it."""

    @property
    def pooled_width(self) -> int:
        """Width of the pooled vector."""
        return self.width if self.projection is None else self.projection


class SelfAttention(nn.Module):
    """Attention of each token to itself and those before it, from one fused projection."""

    def __init__(self, width: int, heads: int) -> None:
        """Make the projections.

        Args:
            width: in and out.
            heads: number of heads.
        """
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, x: Tensor) -> Tensor:
        """Gather from the past.

        Args:
            x: (B, L, width).

        Returns:
            (B, L, width).
        """
        q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).chunk(3, dim=-1)
        return self.out_proj(attended(q, k, v, self.heads))


class Perceptron(nn.Module):
    """Two layers with GELU between."""

    def __init__(self, width: int) -> None:
        """Make both layers.

        Args:
            width: in and out; four times as wide inside.
        """
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Transform each token by itself.

        Args:
            x: (..., width).

        Returns:
            (..., width).
        """
        return self.c_proj(F.gelu(self.c_fc(x)))


class ResBlock(nn.Module):
    """Attention and perceptron, each normalised and added."""

    def __init__(self, width: int, heads: int) -> None:
        """Make both parts.

        Args:
            width: in and out.
            heads: of the attention.
        """
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = SelfAttention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = Perceptron(width)

    def forward(self, x: Tensor) -> Tensor:
        """Refine the tokens.

        Args:
            x: (B, L, width).

        Returns:
            (B, L, width).
        """
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """The stack of layers."""

    def __init__(self, params: OpenClipTextParams) -> None:
        """Make the layers.

        Args:
            params: sizes.
        """
        super().__init__()
        self.resblocks = nn.ModuleList(
            ResBlock(params.width, params.heads) for _ in range(params.layers)
        )


class OpenClipText(nn.Module):
    """Turns token ids into the features, and the pooled vector, that a U-Net listens to."""

    def __init__(self, params: OpenClipTextParams) -> None:
        """Build with random weights.

        Args:
            params: sizes.
        """
        super().__init__()
        self.params = params
        width = params.width
        self.token_embedding = nn.Embedding(params.vocabulary, width)
        self.positional_embedding = nn.Parameter(torch.empty(params.context_length, width))
        self.transformer = Transformer(params)
        self.ln_final = nn.LayerNorm(width)
        nn.init.normal_(self.positional_embedding, std=0.01)
        if params.projection is not None:
            self.text_projection = nn.Parameter(torch.empty(width, params.projection))
            nn.init.normal_(self.text_projection, std=width**-0.5)

    def forward(
        self, ids: Tensor, *, clip_skip: int = 1, vectors: Vectors = NO_VECTORS
    ) -> tuple[Tensor, Tensor]:
        """Encode chunks of tokens.

        Args:
            ids: (B, L), int64; each row's text ends with the end token, the vocabulary's highest
                id.
            clip_skip: 1 = use the last layer; n stops n - 1 layers earlier, 1..layers.
            vectors: a person's own words: to read in place of the tokens there.

        Returns:
            Features of all tokens, (B, L, width), and the projection of those at each row's end
            token, always of the last layer, (B, projection).
        """
        meanings = replaced(self.token_embedding(ids), vectors)
        x = meanings + self.positional_embedding[: ids.shape[1]]
        x, kept = passed(self.transformer.resblocks, x, clip_skip - 1)
        pooled = self.ln_final(x)[torch.arange(len(ids)), ids.argmax(dim=-1)]
        if self.params.projection is not None:
            pooled = pooled @ self.text_projection
        return self.ln_final(kept) if self.params.normalised else kept, pooled
