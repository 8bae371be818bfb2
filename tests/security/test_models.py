"""No file of weights does anything but be refused: T-MODEL of the threats we know."""

import json
import os
import pickle
import re
import resource
from pathlib import Path

import pytest
import torch

from tests.security import hostile_models
from tests.security.hostile_models import Hostile, made
from underpaint.errors import WeightsError
from underpaint.weights import autoencoder, checkpoint, folder, pickled
from underpaint.weights.checkpoint import Weights

NAMES = list(hostile_models.corpus(Path("canary")))
CHILD_MEMORY = 2**30
GROWTH = 2**26


def spent() -> float:
    """Return the seconds that processors have worked for us; a busy machine does not count."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file that nothing may make."""
    return tmp_path_factory.mktemp("cage") / "canary"


@pytest.fixture(scope="module")
def corpus(canary: Path) -> dict[str, Hostile]:
    return hostile_models.corpus(canary)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_is_refused_with_a_reason(
    tmp_path: Path, canary: Path, corpus: dict[str, Hostile], name: str
) -> None:
    hostile, place = corpus[name], tmp_path
    path = made(hostile, place)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = spent()

    with pytest.raises(WeightsError) as caught:
        checkpoint.read(path)

    sentence = str(caught.value)
    assert re.search(hostile.reason, sentence), sentence
    assert sentence.isprintable()
    assert len(sentence) < 500 + len(str(path))
    assert not canary.exists()
    assert [each.name for each in place.iterdir()] == [path.name]  # nothing was converted, or left
    assert spent() - start < 30
    own = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory)
    assert own < GROWTH + len(hostile.data if isinstance(hostile.data, bytes) else b"")
    assert 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < CHILD_MEMORY


def test_the_corpus_is_large_and_bites(tmp_path: Path) -> None:
    assert len(NAMES) >= 100
    call = dict(hostile_models.calls(tmp_path / "canary"))["os.system"]
    pickle.loads(hostile_models.in_dictionary(call))
    assert (tmp_path / "canary").exists()


def test_a_good_file_of_the_same_making_is_read(tmp_path: Path) -> None:
    good = hostile_models.in_dictionary(hostile_models.tensor(hostile_models.storage()))
    (tmp_path / "good.ckpt").write_bytes(hostile_models.archive(good))
    assert torch.equal(checkpoint.read(tmp_path / "good.ckpt").tensors["a"], torch.zeros(4))


@pytest.mark.parametrize("act", [checkpoint.header, checkpoint.shapes, pickled.converted])
def test_no_other_way_in_is_open(
    tmp_path: Path, canary: Path, corpus: dict[str, Hostile], act: object
) -> None:
    path = made(corpus["call: os.system"], tmp_path)
    assert callable(act)
    with pytest.raises(WeightsError, match=r"os\.system"):
        act(path)
    with pytest.raises(WeightsError, match=r"os\.system"):
        autoencoder.replaced(Weights({}, {}), path)
    assert not canary.exists()


def test_a_file_that_shrinks_in_use_gives_an_error(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    checkpoint.save(path, {"a": torch.ones(2**20), "b": torch.ones(4)}, {})
    weights = checkpoint.read(path)
    os.truncate(path, 4096)
    with pytest.raises(WeightsError, match="became shorter while it was in use"):
        weights.tensors["a"]


def test_a_conversion_that_was_tampered_with_is_no_way_in(tmp_path: Path) -> None:
    """Whoever can write beside a model can write the model; but not make us run anything."""
    path = tmp_path / "old.ckpt"
    torch.save({"a": torch.ones(4)}, path)
    place = pickled.converted(path)
    call = dict(hostile_models.calls(tmp_path / "canary"))["os.system"]
    place.write_bytes(hostile_models.archive(hostile_models.in_dictionary(call)))
    assert torch.equal(checkpoint.read(path).tensors["a"], torch.ones(4))  # converted again
    assert not (tmp_path / "canary").exists()


def index(path: Path, **entries: object) -> Path:
    """Make a diffusers folder with such an index and empty parts."""
    path.mkdir()
    (path / folder.INDEX).write_text(json.dumps(entries))
    for part in ("unet", "vae", "text_encoder"):
        (path / part).mkdir()
        (path / part / "config.json").write_text("{}")
    return path


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"_class_name": ["os", "system"]}, "a folder for"),
        ({"_class_name": "FluxPipeline"}, "FluxPipeline"),
        ({"_class_name": None}, "None"),
        ({}, "None"),
        ({"_class_name": "StableDiffusionPipeline"}, "no file of weights"),
        ({"_class_name": "StableDiffusionPipeline", "unet": ["evil", "Evil"]}, "no file of weigh"),
    ],
)
def test_a_hostile_folder_is_refused(
    tmp_path: Path, entries: dict[str, object], reason: str
) -> None:
    path = index(tmp_path / "model", **entries)
    for code in ("evil.py", "unet/evil.py", "pipeline.py"):
        (path / code).write_text(f"open({str(tmp_path / 'canary')!r}, 'w')")
    with pytest.raises(WeightsError, match=reason):
        checkpoint.read(path)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("name", ["../../secret.safetensors", "/etc/passwd", "..", "", "a\0"])
def test_shards_lie_in_their_folder(tmp_path: Path, name: str) -> None:
    path = index(tmp_path / "model", _class_name="StableDiffusionPipeline")
    checkpoint.save(tmp_path / "secret.safetensors", {"a": torch.ones(1)}, {})
    place = path / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    place.write_text(json.dumps({"weight_map": {"conv_in.weight": name}}))
    with pytest.raises(WeightsError, match="outside its folder"):
        checkpoint.read(path)


def test_a_hostile_pickle_in_a_folder_is_refused(tmp_path: Path) -> None:
    path = index(tmp_path / "model", _class_name="StableDiffusionPipeline")
    call = dict(hostile_models.calls(tmp_path / "canary"))["builtins.exec"]
    data = hostile_models.archive(hostile_models.in_dictionary(call))
    (path / "unet" / "diffusion_pytorch_model.bin").write_bytes(data)
    with pytest.raises(WeightsError, match=r"builtins\.exec"):
        checkpoint.read(path)
    assert not (tmp_path / "canary").exists()
