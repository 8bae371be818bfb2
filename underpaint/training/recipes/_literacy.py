"""A text encoder that can read, in a file for a recipe to start from."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch

from underpaint.events import Event, Progress, Started
from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.networks.tokenizer import START, vocabulary
from underpaint.training.architecture import PREFIXES, sized
from underpaint.training.recipes._words import meanings, table, teacher
from underpaint.weights.checkpoint import save
from underpaint.weights.packed import unpack

__all__ = ["TOKENS", "Lesson", "literate"]

TOKENS = "text_model.embeddings.token_embedding.weight"
READING = "teach the text encoder to read"

Lesson: TypeAlias = Callable[[ClipText, Path], Iterator[int]]
"""Teaches an encoder what the sentence encoder in a folder knows; yields the steps done."""


def literate(
    folder: Path, sizes: Mapping[str, Any], lesson: Lesson, *, steps: int
) -> Iterator[Event]:
    """Give an encoder a token table by the teacher of words, teach it to read, and keep it.

    Args:
        folder: with `packages/`; receives `words.safetensors`.
        sizes: of the encoder.
        lesson: what it reads.
        steps: that the lesson takes.

    Yields:
        What is being done, and how far it is.

    Raises:
        TrainingError: pip or the package `transformers` is missing or cannot do its part.
    """
    yield Started("ask the teacher about words")
    model = teacher(folder / "packages")
    words = table(meanings(model, vocabulary()[:START]), sizes["width"])
    tokens = {f"{TOKENS}.{part}": tensor for part, tensor in words.items()}

    yield Started(READING)
    encoder = ClipText(sized(ClipTextParams, sizes))
    with torch.no_grad():
        encoder.get_parameter(TOKENS).copy_(unpack(tokens)[TOKENS])
    encoder.get_parameter(TOKENS).requires_grad_(False)
    for done in lesson(encoder, model):
        yield Progress(step=done, steps=steps, stage=READING)

    read = {name: weight for name, weight in encoder.state_dict().items() if name != TOKENS}
    named = {PREFIXES["text"] + name: weight for name, weight in (read | tokens).items()}
    save(folder / "words.safetensors", named, {})
