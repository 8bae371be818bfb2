"""What a worker tells without painting."""

from pathlib import Path

import pytest
import torch

from underpaint.engines._answers import Answers
from underpaint.engines._worker import Worker
from underpaint.errors import ModelNotFoundError, RequestError, UnknownEntryError
from underpaint.families import tiny
from underpaint.weights import checkpoint


def told(*folders: Path) -> Answers:
    return Answers(Worker(folders, device=torch.device("cpu"), dtype=torch.float32))


def counted(prompt: str, *folders: Path, model: str = "mini") -> list[int]:
    return told(*folders).tokens(prompt, "", model)["prompt"]


def embedding(folder: Path, name: str, width: int, vectors: int = 4) -> None:
    (folder / "embeddings").mkdir(exist_ok=True)
    path = folder / "embeddings" / f"{name}.safetensors"
    checkpoint.save(path, {"emb_params": torch.ones(vectors, width)}, {"step": "100"})


def width_of(model: Answers) -> int:
    [width] = model._encoders("mini").widths
    return width


@pytest.mark.parametrize(
    ("prompt", "lengths"),
    [
        ("", [0]),
        ("a red fox", [3]),
        ("a (red:1.3) fox BREAK in snow", [3, 2]),
        ("a fox # of no colour", [2]),
        ("a fox <lora:soft:0.8>", [2]),
        ("a fox AND a very big red hen", [5]),
        ("[a fox:a very red fox:0.5]", [4]),
        ("fox " * 35, [30, 5]),
    ],
)
def test_tokens_are_counted_context_by_context(prompt: str, lengths: list[int]) -> None:
    found = told().tokens(prompt, "rain", "mini")
    assert found == {"room": 30, "prompt": lengths, "negative": [1]}


def test_an_embedding_counts_as_its_vectors_where_the_model_can_read_it(tmp_path: Path) -> None:
    embedding(tmp_path, "zwx", width_of(told()))
    embedding(tmp_path, "qqq", 3)
    assert counted("a zwx fox", tmp_path) == [6]
    assert counted("a qqq fox", tmp_path) == counted("a qqq fox") == [4]


def test_prompts_and_models_that_cannot_be_are_refused() -> None:
    with pytest.raises(ModelNotFoundError, match="no 'nothing' in models"):
        counted("a fox", model="nothing")
    with pytest.raises(RequestError, match="brackets"):
        counted("(" * 100)
    assert counted("a fox", model="tiny") == [2]


def test_models_tell_what_suits_them(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "soft_turbo.safetensors", tiny.weights().tensors, {})
    (tmp_path / "broken.safetensors").write_bytes(b"?")
    answers = told(tmp_path)
    for _ in range(2):
        found = answers.models()
        assert (found["soft_turbo"]["family"], found["soft_turbo"]["suits"]["steps"]) == ("sd1", 4)
        assert found["mini"] == {"family": "sd1", "suits": {}}
        assert "broken" not in found


def test_files_say_what_their_trainers_wrote(tmp_path: Path) -> None:
    embedding(tmp_path, "hands", 8)
    embedding(tmp_path, "fits", width_of(told()))
    (tmp_path / "embeddings" / "broken.safetensors").write_bytes(b"?")
    found = told(tmp_path).embeddings("mini")
    assert found["broken"] == {"sizes": [], "remarks": {}, "fits": False}
    assert found["hands"] == {"sizes": [[4, 8]], "remarks": {"step": "100"}, "fits": False}
    assert found["fits"]["fits"]
    assert not any(each["fits"] for each in told(tmp_path).embeddings("").values())
    remarks = told(tmp_path).remarks("embeddings")
    assert (remarks["broken"], remarks["hands"]) == ({}, {"step": "100"})


def test_models_come_and_go() -> None:
    answers = told()
    assert answers.answer("load", {"model": "tiny"}) is None
    assert answers._worker._models
    assert answers.answer("unload", {}) is None
    assert not answers._worker._models


def test_other_questions_are_not_known() -> None:
    with pytest.raises(UnknownEntryError, match="no 'why' in questions; there are: tokens"):
        told().answer("why", {})
