"""CLIP's text encoder, named as in Stable Diffusion 1.x checkpoints.

Paper: Radford et al. 2021, arXiv:2103.00020, section 2.4. Every attribute name is a part of a
checkpoint's key below `cond_stage_model.transformer.`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from underpaint.networks.text import NO_VECTORS, Vectors, attended, passed, replaced

__all__ = ["ClipText", "ClipTextParams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTextParams:
    """Sizes of a text encoder; the defaults are CLIP ViT-L/14's, 123 million weights."""

    vocabulary: int = 49_408
    """Number of tokens."""
    context_length: int = 77
    """Tokens of one chunk, the start and the end token among them."""
    width: int = 768
    """Width of a token's features, a multiple of heads."""
    layers: int = 12
    """Transformer layers."""
    heads: int = 12
    """Attention heads."""
    normalised: bool = True
    """Whether the last normalisation is applied to the features; SDXL takes them before it."""

    @property
    def pooled_width(self) -> int:
        """Width of the pooled vector."""
        return self.width


class SelfAttention(nn.Module):
    """Attention of each token to itself and those before it."""

    def __init__(self, width: int, heads: int) -> None:
        """Make the four projections.

        Args:
            width: in and out.
            heads: number of heads.
        """
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Gather from the past.

        Args:
            x: (B, L, width).

        Returns:
            (B, L, width).
        """
        return self.out_proj(attended(self.q_proj(x), self.k_proj(x), self.v_proj(x), self.heads))


class Perceptron(nn.Module):
    """Two layers with the sigmoid approximation of GELU that CLIP was trained with."""

    def __init__(self, width: int) -> None:
        """Make both layers.

        Args:
            width: in and out; four times as wide inside.
        """
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Transform each token by itself.

        Args:
            x: (..., width).

        Returns:
            (..., width).
        """
        hidden = self.fc1(x)
        return self.fc2(hidden * torch.sigmoid(1.702 * hidden))


class EncoderLayer(nn.Module):
    """Attention and perceptron, each normalised and added."""

    def __init__(self, width: int, heads: int) -> None:
        """Make both parts.

        Args:
            width: in and out.
            heads: of the attention.
        """
        super().__init__()
        self.self_attn = SelfAttention(width, heads)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = Perceptron(width)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Refine the tokens.

        Args:
            x: (B, L, width).

        Returns:
            (B, L, width).
        """
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Embeddings(nn.Module):
    """A token's meaning plus its place."""

    def __init__(self, params: ClipTextParams) -> None:
        """Make both tables.

        Args:
            params: sizes.
        """
        super().__init__()
        self.token_embedding = nn.Embedding(params.vocabulary, params.width)
        self.position_embedding = nn.Embedding(params.context_length, params.width)

    def forward(self, ids: Tensor, vectors: Vectors = NO_VECTORS) -> Tensor:
        """Look both up.

        Args:
            ids: (B, L), int64, L at most the context length.
            vectors: to read in each row instead of what the table says.

        Returns:
            (B, L, width).
        """
        meanings = replaced(self.token_embedding(ids), vectors)
        return meanings + self.position_embedding.weight[: ids.shape[1]]


class Encoder(nn.Module):
    """The stack of layers."""

    def __init__(self, params: ClipTextParams) -> None:
        """Make the layers.

        Args:
            params: sizes.
        """
        super().__init__()
        self.layers = nn.ModuleList(
            EncoderLayer(params.width, params.heads) for _ in range(params.layers)
        )


class TextModel(nn.Module):
    """Embeddings, layers, and the last normalisation."""

    def __init__(self, params: ClipTextParams) -> None:
        """Build with random weights.

        Args:
            params: sizes.
        """
        super().__init__()
        self.embeddings = Embeddings(params)
        self.encoder = Encoder(params)
        self.final_layer_norm = nn.LayerNorm(params.width)


class ClipText(nn.Module):
    """Turns token ids into the features that a U-Net listens to."""

    def __init__(self, params: ClipTextParams) -> None:
        """Build with random weights.

        Args:
            params: sizes.
        """
        super().__init__()
        self.params = params
        self.text_model = TextModel(params)

    def forward(
        self, ids: Tensor, *, clip_skip: int = 1, vectors: Vectors = NO_VECTORS
    ) -> tuple[Tensor, Tensor]:
        """Encode chunks of tokens.

        Args:
            ids: (B, L), int64; each row ends with end tokens, the vocabulary's highest id.
            clip_skip: 1 = use the last layer; n stops n - 1 layers earlier, 1..layers.
            vectors: a person's own words: to read in place of the tokens there.

        Returns:
            Features of all tokens, (B, L, width), and those at each row's first end token,
            always of the last layer, (B, width).
        """
        model = self.text_model
        x, kept = passed(model.encoder.layers, model.embeddings(ids, vectors), clip_skip - 1)
        pooled = model.final_layer_norm(x)[torch.arange(len(ids)), ids.argmax(dim=-1)]
        return model.final_layer_norm(kept) if self.params.normalised else kept, pooled
