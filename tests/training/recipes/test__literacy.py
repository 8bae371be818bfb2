"""An encoder that can read: its table is the teacher's, and the lesson teaches all else."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from underpaint.events import Progress, Started
from underpaint.networks.clip import ClipText
from underpaint.training.architecture import PREFIXES
from underpaint.training.recipes import _literacy
from underpaint.training.recipes._literacy import TOKENS, literate
from underpaint.training.recipes._words import RANK
from underpaint.weights.checkpoint import read
from underpaint.weights.packed import unpack

SIZES = {"context_length": 8, "width": 128, "layers": 1, "heads": 2}


def said(model: Path, texts: Sequence[str]) -> torch.Tensor:
    assert model.name == "packages"
    return torch.randn(len(texts), RANK, generator=torch.Generator().manual_seed(1))


def lesson(encoder: ClipText, model: Path) -> Iterator[int]:
    assert not encoder.get_parameter(TOKENS).requires_grad
    for step in (1, 2):
        with torch.no_grad():
            encoder.get_parameter("text_model.final_layer_norm.bias").fill_(step)
        yield step


def test_what_was_learnt_is_kept_beside_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_literacy, "teacher", lambda folder: folder)
    monkeypatch.setattr(_literacy, "meanings", said)
    told = list(literate(tmp_path, SIZES, lesson, steps=2))
    assert [event.what for event in told if isinstance(event, Started)] == [
        "ask the teacher about words",
        "teach the text encoder to read",
    ]
    steps = [(event.step, event.steps) for event in told if isinstance(event, Progress)]
    assert steps == [(1, 2), (2, 2)]

    tensors = dict(read(tmp_path / "words.safetensors").tensors)
    assert all(name.startswith(PREFIXES["text"]) for name in tensors)
    assert f"{PREFIXES['text']}{TOKENS}" not in tensors
    whole = unpack(tensors, "words")
    assert whole[PREFIXES["text"] + TOKENS].shape == (49_408, SIZES["width"])
    assert (whole[PREFIXES["text"] + "text_model.final_layer_norm.bias"] == 2).all()
