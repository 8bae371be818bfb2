"""How a text encoder reads a prompt: weights, BREAK, contexts of 75 tokens, words of one's own.

A family has a `Reader` for each of its text encoders, and makes its conditioning of what they say.
The ways of emphasis are AUTOMATIC1111's:

    original   features are multiplied by their weights; then a context gets back the mean it had
    no_norm    multiplied, and left so
    ignore     brackets are taken out of the text, and weigh nothing
    none       brackets are text
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from underpaint.errors import RequestError, WeightsError
from underpaint.networks.text import Vectors
from underpaint.networks.tokenizer import END, Row, Tokenizer
from underpaint.prompt.emphasis import Span, parse
from underpaint.requests._emphasis import Emphasis

CLIP_LARGE = 768


class Sizes(Protocol):
    """What a reader must know of a text encoder."""

    @property
    def context_length(self) -> int:
        """Tokens of one context, the start and the end token among them."""
        ...

    @property
    def width(self) -> int:
        """Width of a token's features."""
        ...

    @property
    def layers(self) -> int:
        """Transformer layers."""
        ...

    @property
    def pooled_width(self) -> int:
        """Width of the vector for a whole context."""
        ...


class TextEncoder(Protocol):
    """A network that reads tokens, as `underpaint.networks.clip.ClipText` does."""

    @property
    def params(self) -> Sizes:
        """Its sizes."""
        ...

    def __call__(self, ids: Tensor, *, clip_skip: int, vectors: Vectors) -> tuple[Tensor, Tensor]:
        """Return features of all tokens (1, L, D) and of the whole context (1, P)."""
        ...


class Reading(NamedTuple):
    """What a text encoder makes of a text.

    Attributes:
        tokens: features, (1, L, D), context after context.
        pooled: one vector for the first context, (1, P).
    """

    tokens: Tensor
    pooled: Tensor


class Reader:
    """Reads prompts with one text encoder, each context by itself."""

    def __init__(self, network: TextEncoder, device: torch.device, *, padding: int = END) -> None:
        """Begin with no words but the tokenizer's.

        Args:
            network: the text encoder, on the device.
            device: where it is.
            padding: id of the tokens that fill a context; 0 for the encoders of OpenCLIP.
        """
        self.params = network.params
        self._network = network
        self._device = device
        self._padding = padding
        self._tokenizer = Tokenizer()
        self._learnt: dict[tuple[int, ...], Tensor] = {}

    @property
    def network(self) -> TextEncoder:
        """The text encoder."""
        return self._network

    def learn(self, name: str, vectors: Tensor) -> None:
        """Let a name in a prompt stand for vectors, as textual inversion finds them.

        Paper: Gal et al. 2022, arXiv:2208.01618. The name counts wherever its tokens come, in any
        letter case; a longer name comes before a shorter one.

        Args:
            name: what to write in a prompt; a name that was learnt before means this from now on.
            vectors: (n, width), one for each token's place, at most a context of them.

        Raises:
            WeightsError: the vectors are not of this encoder, too many, or not finite.
            RequestError: there is nothing in the name that could be found in a prompt.
        """
        most = self.params.context_length - 2
        if vectors.ndim != 2 or vectors.shape[1] != self.params.width:
            raise WeightsError(
                f"embedding {name!r} has the shape {tuple(vectors.shape)}; "
                f"it must have rows of {self.params.width} for this text encoder"
            )
        if not 1 <= len(vectors) <= most:
            raise WeightsError(
                f"embedding {name!r} has {len(vectors)} vectors; it must have 1 to {most}"
            )
        if not bool(vectors.isfinite().all()):
            raise WeightsError(f"embedding {name!r} has numbers that are not finite")
        self._learnt[self._named(name)] = vectors.to(self._device)

    def forget(self, name: str) -> None:
        """Let a learnt name be nothing but its text again; one that was not learnt is."""
        self._learnt.pop(self._named(name), None)

    @contextmanager
    def knowing(self, words: Mapping[str, Tensor]) -> Generator[None]:
        """Let names stand for vectors until the context ends; see `learn`.

        Args:
            words: vectors by name.

        Raises:
            WeightsError: as for `learn`.
            RequestError: likewise.
        """
        before = dict(self._learnt)
        try:
            for name, vectors in words.items():
                self.learn(name, vectors)
            yield
        finally:
            self._learnt = before

    def mentions(self, text: str, name: str) -> bool:
        """Whether the tokens of a name come in a text, one after the other.

        Args:
            text: any; brackets are text.
            name: as for `learn`; one without tokens does not come.
        """
        words, wanted = (
            "".join(f" {id} " for id in self._tokenizer.ids(each)) for each in (text, name)
        )
        return bool(wanted) and wanted in words

    @torch.no_grad()
    def read(self, text: str, *, clip_skip: int = 1, emphasis: Emphasis = "original") -> Reading:
        """Return what the encoder makes of a text.

        Args:
            text: weights in brackets, BREAK and all; "" is one context without words.
            clip_skip: 1 = the last layer; n stops n - 1 layers earlier, 1 to its layers.
            emphasis: what the weights do.

        Raises:
            RequestError: the text is too long, or its brackets too deep.
        """
        readings = [self._context(row, clip_skip, emphasis) for row in self.rows(text, emphasis)]
        return Reading(torch.cat([tokens for tokens, _ in readings], dim=1), readings[0].pooled)

    def rows(self, text: str, emphasis: Emphasis = "original") -> tuple[Row, ...]:
        """Return the contexts of a text, as the encoder takes them.

        Args:
            text: as for `read`.
            emphasis: what the weights do.

        Raises:
            RequestError: the text is too long, or its brackets too deep.
        """
        spans = (Span(text, 1.0),) if emphasis == "none" else parse(text)
        return self._tokenizer.rows(
            spans,
            self.params.context_length,
            embeddings={name: len(vectors) for name, vectors in self._learnt.items()},
            padding=self._padding,
        )

    def _context(self, row: Row, clip_skip: int, emphasis: Emphasis) -> Reading:
        ids = torch.tensor([row.ids], device=self._device)
        vectors = {place: self._learnt[name] for place, name in row.inserts}
        features, pooled = self._network(ids, clip_skip=clip_skip, vectors=vectors)
        return Reading(emphasised(features, row.weights, emphasis), pooled)

    def _named(self, name: str) -> tuple[int, ...]:
        ids = tuple(self._tokenizer.ids(name))
        if not ids:
            raise RequestError(f"embedding {name!r} has no name that can be written in a prompt")
        return ids


def emphasised(
    features: Tensor, weights: Sequence[float], emphasis: Emphasis = "original"
) -> Tensor:
    """Return the features of one context, those of weighted tokens multiplied by their weights.

    The features of CLIP ViT-L/14 and larger encoders have a mean, and AUTOMATIC1111 restores it;
    those of a smaller encoder, fresh from its last normalisation, have none to speak of, and
    dividing by nearly nothing would blow the text up.

    Args:
        features: (1, L, D).
        weights: L of them; where all are 1, the features are returned as they are.
        emphasis: what the weights do.
    """
    if emphasis in ("ignore", "none") or all(weight == 1 for weight in weights):
        return features
    factors = torch.tensor(weights, device=features.device, dtype=features.dtype)
    weighted = features * factors[None, :, None]
    mean = weighted.float().mean()
    if emphasis == "no_norm" or features.shape[-1] < CLIP_LARGE or mean == 0:
        return weighted
    return weighted * (features.float().mean() / mean).to(features.dtype)
