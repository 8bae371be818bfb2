"""OpenVINO computes what torch computes, from a conversion that is made once and kept."""

import gc
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.errors import RequestError
from underpaint.families import _openvino
from underpaint.families._openvino import OpenVino
from underpaint.families._running import Part
from underpaint.networks.unet import UNet, UNetParams
from underpaint.networks.vae import Autoencoder, AutoencoderParams

SIZES = UNetParams(channels=32, multipliers=(1, 2), attention=(1, 0), context_width=16, blocks=1)


def unet(seed: int = 0) -> Part:
    torch.manual_seed(seed)
    return Part("unet", UNet(SIZES).eval().requires_grad_(False))


def inputs(side: int = 8, tokens: int = 7, *, batch: int = 2) -> Mapping[str, Tensor | None]:
    generator = torch.Generator().manual_seed(side)
    return {
        "x": torch.randn(batch, 4, side, side + 2, generator=generator),
        "timesteps": torch.full((batch,), 400.0),
        "context": torch.randn(batch, tokens, 16, generator=generator),
        "pooled": None,
    }


def by_torch(part: Part, given: Mapping[str, Tensor | None]) -> Tensor:
    with torch.no_grad():
        return part.network(
            **{name: tensor for name, tensor in given.items() if tensor is not None}
        )


def apart(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).norm() / wanted.norm())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("openvino")


@pytest.fixture(scope="module")
def runner(kept: Path) -> OpenVino:
    runner = OpenVino(dtype=torch.float32, folder=kept)
    runner.prepare(unet(), inputs())
    return runner


@pytest.mark.parametrize(("side", "tokens"), [(8, 7), (8, 14), (16, 7), (5, 3)])
def test_it_agrees_with_torch_at_any_size_and_length(
    runner: OpenVino, side: int, tokens: int
) -> None:
    part = unet()
    runner.prepare(part, inputs())
    found = runner(part, inputs(side, tokens))
    wanted = by_torch(part, inputs(side, tokens))
    assert found.shape == wanted.shape and found.dtype == torch.float32
    assert 0 < apart(found, wanted) < 5e-3  # the weights are kept in float16
    assert torch.equal(found, runner(part, inputs(side, tokens)))


def test_in_bfloat16_too(kept: Path) -> None:
    part = unet()
    part.network.bfloat16()
    runner = OpenVino(dtype=torch.bfloat16, folder=kept)
    half = {name: None if t is None else t.bfloat16() for name, t in inputs().items()}
    runner.prepare(part, half)
    assert apart(runner(part, half), by_torch(part, half).float()) < 0.05


@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 5e-3), (torch.bfloat16, 0.05)])
def test_a_method_of_a_network_is_a_part_too(dtype: torch.dtype, most: float, kept: Path) -> None:
    sizes = AutoencoderParams(channels=32, multipliers=(1, 2), blocks=1)
    network = Autoencoder(sizes).eval().requires_grad_(False).to(dtype)
    runner = OpenVino(dtype=dtype, folder=kept)
    part, flat = Part("encoder", network, "middle"), torch.ones(1, 3, 12, 16, dtype=dtype)
    runner.prepare(part, {"pixels": torch.zeros(1, 3, 16, 16, dtype=dtype)})
    for pixels in (flat, torch.randn_like(flat)):
        assert apart(runner(part, {"pixels": pixels}), network.middle(pixels).float()) < most


def test_a_conversion_is_kept_for_the_next_time(
    runner: OpenVino, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(kept.glob("unet-*"))
    monkeypatch.setattr(OpenVino, "_convert", lambda *_: pytest.fail("converted again"))
    again = OpenVino(dtype=torch.float32, folder=kept)
    again.prepare(unet(), inputs())
    assert apart(again(unet(), inputs()), runner(unet(), inputs())) == 0
    assert sorted(kept.glob("unet-*")) == before


def test_another_network_has_another_conversion(runner: OpenVino, kept: Path) -> None:
    other = unet(seed=1)
    runner.prepare(other, inputs())
    assert apart(runner(other, inputs()), by_torch(other, inputs())) < 5e-3
    runner.prepare(unet(), inputs())
    assert len(list(kept.glob("unet-*"))) >= 2


def test_what_was_changed_since_goes_to_torch(runner: OpenVino) -> None:
    part = unet()
    runner.prepare(part, inputs())
    weight = next(part.network.parameters())
    own, weight.data = weight.data, 2 * weight.data
    assert torch.equal(runner(part, inputs()), by_torch(part, inputs()))
    weight.data = own
    assert not torch.equal(runner(part, inputs()), by_torch(part, inputs()))


def test_two_networks_do_not_get_in_each_others_way(runner: OpenVino) -> None:
    one, other = unet(), unet(seed=1)
    for part in (one, other):
        runner.prepare(part, inputs())
    for part in (one, other, one):
        assert 0 < apart(runner(part, inputs()), by_torch(part, inputs())) < 5e-3


def test_a_network_that_is_gone_takes_its_program_along(runner: OpenVino) -> None:
    part = unet()
    runner.prepare(part, inputs())
    runner(part, inputs())
    before = len(runner._converted)
    del part
    gc.collect()
    assert len(runner._converted) < before


def test_what_was_never_prepared_goes_to_torch(tmp_path: Path) -> None:
    runner = OpenVino(dtype=torch.float32, folder=tmp_path)
    assert torch.equal(runner(unet(), inputs()), by_torch(unet(), inputs()))
    assert list(tmp_path.iterdir()) == []


def test_a_conversion_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: OpenVino, part: Part, given: object, folder: Path) -> None:
        (folder / "network.xml").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(OpenVino, "_convert", fail)
    with pytest.raises(KeyboardInterrupt):
        OpenVino(dtype=torch.float32, folder=tmp_path).prepare(unet(), inputs())
    assert list(tmp_path.iterdir()) == []


def test_numbers_it_cannot_compute_with_are_refused() -> None:
    with pytest.raises(RequestError, match=r"dtype is 'float16'.*float32 or bfloat16"):
        OpenVino(dtype=torch.float16)


def test_without_the_package_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(RequestError, match=r"pip install 'underpaint\[openvino\]'"):
        _openvino.imported()


def test_nobody_is_told_that_it_is_used() -> None:
    program = """
import socket, sys
def refuse(*_): raise SystemExit("it wants to talk")
socket.socket.connect = socket.getaddrinfo = refuse
from underpaint.families._openvino import imported
imported()
assert not any(name.startswith("openvino_telemetry") for name in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
