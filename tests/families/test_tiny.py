"""The tiny model: made in a moment, complete, and always the same."""

import time
from pathlib import Path

from underpaint import catalog
from underpaint.families import sd1, tiny
from underpaint.weights import checkpoint


def test_the_weights_are_always_the_same() -> None:
    assert tiny.weights().sha256 == tiny.weights().sha256
    assert tiny.build(tiny.weights()).hash == tiny.weights().short_hash


def test_is_made_in_a_moment() -> None:
    before = time.process_time()
    tiny.build(tiny.weights())
    assert time.process_time() - before < 1.5  # 0.16 on an idle core, half of it the tokenizer


def test_is_a_whole_stable_diffusion() -> None:
    shapes = tiny.weights().shapes
    assert sd1.matches(shapes)
    assert not tiny.matches(shapes)  # a file with such weights is a small Stable Diffusion 1

    real = {name.split(".")[0] for name in shapes}
    assert real == {"model", "first_stage_model", "cond_stage_model"}
    assert any(".label_emb." in name for name in shapes)


def test_can_be_saved_and_read_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    weights = tiny.weights()
    checkpoint.save(path, weights.tensors, weights.metadata)
    model = sd1.build(checkpoint.read(path))
    assert (model.name, model.factor, model.latent_channels) == ("small", 8, 4)


def test_families_are_a_catalogue() -> None:
    assert catalog.ids("underpaint.families") == ("sd1", "sd2", "sdxl", "tiny")
    labels = {id: catalog.constants("underpaint.families", id)["LABEL"] for id in ("sd1", "tiny")}
    assert labels == {"sd1": "Stable Diffusion 1", "tiny": "Tiny (random weights)"}
