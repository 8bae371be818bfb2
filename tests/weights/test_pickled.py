"""Files of torch.save are converted once, to what torch.load would have given."""

import os
import socket
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from underpaint import files
from underpaint.errors import StorageError, WeightsError
from underpaint.weights import _safetensors, _torch_file, hashes, pickled


def tensors() -> dict[str, Tensor]:
    """Return tensors of every form that a checkpoint may hold."""
    chance = torch.Generator().manual_seed(0)
    base = torch.randn(6, 8, generator=chance)
    return {
        "plain": base,
        "half": base.half(),
        "brain": base.bfloat16(),
        "double": base.double(),
        "whole": torch.arange(5),
        "small": torch.arange(5, dtype=torch.int8),
        "flags": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5),
        "nothing": torch.zeros(0, 3),
        "turned": base.T,
        "part": base[2:4, 1:5],
        "every other": base[::2, ::3],
        "one of": base[:, 3],
        "channels last": torch.randn(4, 6, 3, 3, generator=chance).to(
            memory_format=torch.channels_last
        ),
        "shared": base,
        "learnt": nn.Parameter(base),
    }


def same(found: Any, wanted: Any) -> bool:  # noqa: ANN401 - mappings of tensors
    return found.keys() == wanted.keys() and all(
        (found[name].dtype, found[name].shape) == (wanted[name].dtype, wanted[name].shape)
        and torch.equal(found[name], wanted[name])
        for name in wanted
    )


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("protocol", [2, 4])
def test_what_was_saved_is_read(tmp_path: Path, legacy: bool, wrapped: bool, protocol: int) -> None:
    path = tmp_path / "old.ckpt"
    saved: Any = {"epoch": 7, "state_dict": tensors()} if wrapped else tensors()
    torch.save(saved, path, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    found = pickled.read(path)
    assert same(found.tensors, tensors())
    assert found.metadata == ({"epoch": "7"} if wrapped else {})
    assert (found.path, found.name) == (path, "old")
    header = pickled.header(path)
    assert {name: place.shape for name, place in header.places.items()} == found.shapes


def test_numbers_of_eight_bits_are_read(tmp_path: Path) -> None:
    wanted = torch.arange(-4, 4).to(torch.float8_e4m3fn)
    torch.save({"a": wanted}, tmp_path / "a.pt")
    found = pickled.read(tmp_path / "a.pt").tensors["a"]
    assert torch.equal(found.view(torch.uint8), wanted.view(torch.uint8))


def test_what_a_trainer_keeps_besides_is_left(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    optimizer = torch.optim.AdamW(network.parameters())
    network(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    saved = {
        "state_dict": network.state_dict(),
        "optimizer_states": [optimizer.state_dict()],
        "lr_schedulers": [],
        "loops": None,
        "global_step": 3,
        "pytorch-lightning_version": "1.4.2",
    }
    torch.save(saved, tmp_path / "run.ckpt")
    found = pickled.read(tmp_path / "run.ckpt")
    assert same(found.tensors, network.state_dict())
    assert found.metadata["pytorch-lightning_version"] == "1.4.2"


def test_an_embedding_is_read(tmp_path: Path) -> None:
    vectors = torch.randn(2, 8)
    saved = {
        "string_to_token": {"*": 265},
        "string_to_param": nn.ParameterDict({"*": nn.Parameter(vectors)}),
        "name": "fox",
        "step": 500,
        "sd_checkpoint": None,
    }
    torch.save(saved, tmp_path / "fox.pt")
    found = pickled.read(tmp_path / "fox.pt")
    assert torch.equal(found.tensors["string_to_param.*"], vectors)
    assert (found.metadata["name"], found.metadata["step"]) == ("fox", "500")
    torch.save({"<fox>": vectors[0]}, tmp_path / "fox.bin")
    assert torch.equal(pickled.read(tmp_path / "fox.bin").tensors["<fox>"], vectors[0])


def test_dictionaries_in_dictionaries_give_names_with_dots(tmp_path: Path) -> None:
    inner = OrderedDict(weight=torch.ones(2))
    torch.save({"params_ema": {"conv": inner}}, tmp_path / "up.pth")
    assert list(pickled.read(tmp_path / "up.pth").tensors) == ["params_ema.conv.weight"]


def test_averages_that_are_not_needed_are_not_written(tmp_path: Path) -> None:
    one = torch.ones(3)
    both = {"model.diffusion_model.out.2.bias": one, "model_ema.diffusion_modelout2bias": 2 * one}
    torch.save({"state_dict": both}, tmp_path / "full.ckpt")
    found = pickled.read(tmp_path / "full.ckpt")
    assert list(found.tensors) == ["model.diffusion_model.out.2.bias"]
    assert found.metadata["underpaint.averages"] == "left out"


def test_a_file_is_converted_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    path, place = tmp_path / "old.ckpt", tmp_path / "old.ckpt.safetensors"
    torch.save({"a": torch.ones(2)}, path)
    assert pickled.converted(path) == place
    before = place.stat().st_mtime_ns, place.stat().st_ino
    assert pickled.converted(path) == place
    assert (place.stat().st_mtime_ns, place.stat().st_ino) == before

    torch.save({"a": torch.zeros(2)}, path)
    assert torch.equal(pickled.read(path).tensors["a"], torch.zeros(2))
    place.write_bytes(b"torn")
    assert torch.equal(pickled.read(path).tensors["a"], torch.zeros(2))


def test_the_hash_is_that_of_the_original(tmp_path: Path) -> None:
    path = tmp_path / "old.ckpt"
    torch.save({"a": torch.ones(2)}, path)
    assert pickled.read(path).sha256 == hashes.sha256(path)


def test_where_nothing_can_be_written_the_cache_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.ckpt"
    torch.save({"a": torch.ones(2)}, path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    place = pickled.converted(path)
    assert place.is_relative_to(files.cache())
    assert pickled.converted(path) == place
    assert torch.equal(pickled.read(path).tensors["a"], torch.ones(2))
    assert not list(tmp_path.glob("*.safetensors"))


def test_a_disk_that_is_full_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "old.ckpt")
    program = (
        "import os, sys; sys.path.insert(0, sys.argv.pop(1));"
        "os.dup2(os.open('/dev/full', os.O_WRONLY), 1);"
        "from underpaint.weights._torch_file import main; main()"
    )
    monkeypatch.setattr(pickled, "_PROGRAM", program)
    with pytest.raises(StorageError, match=r"cannot convert .*old\.ckpt.*: No space left"):
        pickled.converted(tmp_path / "old.ckpt")
    assert [path.name for path in tmp_path.iterdir()] == ["old.ckpt"]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os.kill(os.getpid(), 9)", "its reader ended with -9"),
        ("import sys; sys.exit(1)", "its reader ended with 1"),
        ("pass", "its header|too few|empty"),
        ("print('x' * 99)", "not acceptable as weights"),
    ],
)
def test_a_reader_that_fails_is_no_way_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "old.ckpt")
    monkeypatch.setattr(pickled, "_PROGRAM", program)
    with pytest.raises(WeightsError, match=reason):
        pickled.read(tmp_path / "old.ckpt")


def test_a_reader_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "old.ckpt")
    monkeypatch.setattr(pickled, "_PROGRAM", "import time; time.sleep(600)")
    monkeypatch.setattr(pickled, "_PATIENCE", 0.3)
    with pytest.raises(WeightsError, match="takes more time than it may"):
        pickled.converted(tmp_path / "old.ckpt")
    assert [path.name for path in tmp_path.iterdir()] == ["old.ckpt"]


CAGED = """
import sys; sys.path.insert(0, {root!r})
from underpaint.weights import _torch_file
import os, socket, subprocess
_torch_file._confine(1000)
try:
    {act}
except _torch_file.Refused as refused:
    os._exit(7)
except MemoryError:
    os._exit(8)
os._exit(0)
"""


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ("socket.socket()", 7),
        ("socket.create_connection(('127.0.0.1', {port}))", 7),
        ("open('/etc/passwd')", 7),
        ("open({canary!r}, 'w')", 7),
        ("os.system('true')", 7),
        ("subprocess.run(['true'])", 7),
        ("os.fork()", 7),
        ("os.listdir('/')", 7),
        ("eval('1')", 7),
        ("import antigravity", 7),
        ("os.remove({canary!r})", 7),
        ("bytearray(2**30)", 8),
        ("[b'x' * n for n in range(10**6)]", 8),
        ("len(bytearray(2**20))", 0),
    ],
)
def test_in_its_cell_python_can_do_nothing_to_the_world(
    tmp_path: Path, act: str, code: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        values = {"canary": str(tmp_path / "canary"), "port": server.getsockname()[1]}
        program = CAGED.format(root=str(Path(__file__).parents[2]), act=act.format(**values))
        done = subprocess.run([sys.executable, "-I", "-c", program], check=False, timeout=120)
        assert done.returncode == code
        assert not (tmp_path / "canary").exists()


def test_the_cell_has_neither_torch_nor_numpy() -> None:
    root = str(Path(__file__).parents[2])
    code = (
        f"import sys; sys.path.insert(0, {root!r}); import underpaint.weights._torch_file;"
        "sys.exit(bool({'torch', 'numpy', 'socket', 'ctypes'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False)
    assert done.returncode == 0


@pytest.mark.slow
def test_memory_stays_flat_whatever_the_size(tmp_path: Path) -> None:
    """A file of 1.5 GiB is converted in 1 GiB of address space, and read tensor by tensor."""
    piece = torch.zeros(2**26)
    torch.save({f"layer.{index}": piece + index for index in range(6)}, tmp_path / "large.ckpt")
    place = pickled.converted(tmp_path / "large.ckpt")
    assert _safetensors.header(place).places.keys() == {f"layer.{index}" for index in range(6)}
    assert (tmp_path / "large.ckpt").stat().st_size > _torch_file.MEMORY
