"""Textual inversion in the forms of the programs that train it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from underpaint.errors import WeightsError
from underpaint.weights import checkpoint, embeddings

VECTORS = torch.arange(6.0).reshape(2, 3)


def saved(path: Path, tensors: Mapping[str, Tensor]) -> Path:
    checkpoint.save(path, tensors, {})
    return path


def pickled(path: Path, found: object) -> Path:
    torch.save(found, path)
    return path


def trained(vectors: object) -> dict[str, object]:
    """Return what AUTOMATIC1111 writes."""
    return {
        "string_to_token": {"*": 265},
        "string_to_param": vectors,
        "name": "old",
        "step": 100,
        "sd_checkpoint": "cc6cb27103",
        "sd_checkpoint_name": "v1-5",
    }


@pytest.mark.parametrize(
    "found",
    [
        trained({"*": VECTORS}),
        trained({"*": nn.Parameter(VECTORS)}),
        trained(nn.ParameterDict({"*": nn.Parameter(VECTORS)})),
        {"<ink>": VECTORS},
        {"emb_params": VECTORS.half()},
    ],
)
def test_pickles(tmp_path: Path, found: object) -> None:
    path = pickled(tmp_path / "ink.pt", found)
    assert embeddings.widths(path) == (3,)
    (vectors,) = embeddings.read(path, [3])
    assert vectors.dtype == torch.float32
    assert torch.equal(vectors, VECTORS)


def test_a_lone_vector_is_a_row(tmp_path: Path) -> None:
    path = pickled(tmp_path / "learned_embeds.bin", {"<ink>": VECTORS[0]})
    assert embeddings.widths(path) == (3,)
    (vectors,) = embeddings.read(path, [3])
    assert torch.equal(vectors, VECTORS[:1])


def test_two_text_encoders_each_get_their_own(tmp_path: Path) -> None:
    wide = torch.ones(4, 5)
    path = saved(tmp_path / "ink.safetensors", {"clip_g": wide, "clip_l": VECTORS})
    assert sorted(embeddings.widths(path)) == [3, 5]
    for wanted in ([3, 5], [5, 3], [5], [3]):
        found = embeddings.read(path, wanted)
        assert [vectors.shape[1] for vectors in found] == wanted


def test_vectors_for_another_model_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "ink.safetensors", {"emb_params": VECTORS})
    with pytest.raises(WeightsError) as told:
        embeddings.read(path, [3, 5])
    assert str(told.value) == (
        "embedding 'ink' has vectors of 3 numbers; this model's text encoder wants 5"
    )
    del told


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"a": VECTORS, "b": VECTORS, "c": VECTORS},
        {"emb_params": VECTORS[None]},
        {"emb_params": torch.tensor(1.0)},
        {"emb_params": torch.ones(2, 0)},
        {"string_to_param.a": VECTORS, "string_to_param.b": VECTORS},
    ],
)
def test_what_is_no_embedding(tmp_path: Path, tensors: Mapping[str, Tensor]) -> None:
    path = saved(tmp_path / "ink.safetensors", tensors)
    for look in (embeddings.widths, lambda path: embeddings.read(path, [3])):
        with pytest.raises(WeightsError, match=r"'ink.safetensors' holds no embedding"):
            look(path)


def test_a_program_in_its_place_is_refused(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "canary",))

    path = pickled(tmp_path / "ink.pt", {"string_to_param": {"*": VECTORS}, "name": Hostile()})
    with pytest.raises(WeightsError, match="not acceptable"):
        embeddings.read(path, [3])
    assert not (tmp_path / "canary").exists()
