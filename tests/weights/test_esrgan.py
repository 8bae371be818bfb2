"""Upscalers' files of every program that names their tensors its own way."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.networks.esrgan import Compact, CompactParams, Esrgan, EsrganParams
from underpaint.weights import checkpoint, esrgan

SMALL = EsrganParams(channels=4, growth=2, blocks=3)


def newer(params: EsrganParams = SMALL) -> dict[str, Tensor]:
    return dict(Esrgan(params).state_dict())


def older(name: str) -> str:
    """Return a name as ESRGAN's second program wrote it."""
    renamed = {"conv_body": "trunk_conv", "conv_up": "upconv", "conv_hr": "HRconv"}
    for new, old in (renamed | {"body.": "RRDB_trunk.", "rdb": "RDB"}).items():
        name = name.replace(new, old)
    return name


def oldest(name: str, doublings: int) -> str:
    """Return a name as ESRGAN's first program wrote it: layers counted through."""
    outer = {"conv_first": "0", "conv_hr": f"{2 + 3 * doublings}"}
    outer |= {"conv_last": f"{4 + 3 * doublings}", "conv_body": f"1.sub.{SMALL.blocks}"}
    outer |= {f"conv_up{number + 1}": f"{3 + 3 * number}" for number in range(doublings)}
    start, _, rest = name.partition(".")
    if start != "body":
        return f"model.{outer[start]}.{rest}"
    block, dense, conv, kind = rest.split(".")
    inner = conv if conv == "conv1x1" else f"{conv}.0"
    return f"model.1.sub.{block}.{dense.upper()}.{inner}.{kind}"


def read(path: Path, tensors: object) -> dict[str, Tensor]:
    torch.save(tensors, path)
    return dict(esrgan.read(path).tensors)


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(
        torch.equal(found[name], wanted[name]) for name in wanted
    )


@pytest.mark.parametrize("nest", ["params", "params_ema", "state_dict", None])
def test_newer_names_are_taken_as_they_are(tmp_path: Path, nest: str | None) -> None:
    tensors = newer()
    nested = {nest: tensors} if nest else tensors
    assert same(read(tmp_path / "a.pth", nested), tensors)


def test_averages_are_preferred(tmp_path: Path) -> None:
    plain, averages = newer(), newer()
    assert same(read(tmp_path / "a.pth", {"params": plain, "params_ema": averages}), averages)


def test_older_names_are_understood(tmp_path: Path) -> None:
    tensors = newer()
    old = {older(name): tensor for name, tensor in tensors.items()}
    assert "RRDB_trunk.0.RDB1.conv1.weight" in old
    assert {"trunk_conv.bias", "upconv2.bias", "HRconv.weight"} <= old.keys()
    assert same(read(tmp_path / "a.pth", old), tensors)
    assert same(read(tmp_path / "b.pth", {f"module.{name}": old[name] for name in old}), tensors)


@pytest.mark.parametrize("doublings", [0, 1, 2, 3])
@pytest.mark.parametrize("plus", [False, True])
def test_the_oldest_names_are_understood(tmp_path: Path, doublings: int, plus: bool) -> None:
    params = EsrganParams(channels=4, growth=2, blocks=3, doublings=doublings, plus=plus)
    tensors = newer(params)
    old = {oldest(name, doublings): tensor for name, tensor in tensors.items()}
    assert "model.1.sub.0.RDB1.conv1.0.weight" in old
    assert same(read(tmp_path / "a.pth", old), tensors)


def test_the_oldest_names_of_a_4x_model_are_the_published_ones() -> None:
    outer = ["model.0", "model.1.sub.23", "model.3", "model.6", "model.8", "model.10"]
    names = esrgan.named([f"{place}.weight" for place in outer])
    assert list(names) == [
        f"{name}.weight"
        for name in ("conv_first", "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last")
    ]


def test_compact_networks_and_safetensors_are_read(tmp_path: Path) -> None:
    tensors = dict(Compact(CompactParams(channels=4, convolutions=1)).state_dict())
    checkpoint.save(tmp_path / "a.safetensors", tensors, {})
    assert same(dict(esrgan.read(tmp_path / "a.safetensors").tensors), tensors)


@pytest.mark.parametrize("name", ["conv_first.weight", "model.0.weight", "body.0.weight", "odd"])
def test_what_is_no_such_network_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsError, match=r"'a\.pth' holds no upscaler that is known here"):
        read(tmp_path / "a.pth", {name: torch.zeros(4, 3, 3, 3)})


def test_a_pickle_that_would_run_is_refused(tmp_path: Path) -> None:
    class Canary:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "touched",)

    with pytest.raises(WeightsError, match="is not acceptable as weights"):
        read(tmp_path / "a.pth", {"params": Canary()})
    assert not (tmp_path / "touched").exists()
