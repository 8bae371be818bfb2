"""Packed tensors come back nearly as they were, take less room, and are checked."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.weights import checkpoint
from underpaint.weights.packed import Packing, matrices, pack, unpack, unpacked_shapes


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def error(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).norm() / wanted.norm())


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(0, 99), st.floats(1e-3, 1e3)
)
@settings(max_examples=60, deadline=None)
def test_each_number_is_within_half_a_code(shape: list[int], seed: int, size: float) -> None:
    tensor = size * drawn(*shape, seed=seed)
    found = unpack(pack({"w": tensor}, lambda *_: Packing()))["w"]
    largest = tensor.abs().reshape(shape[0], -1).amax(1).reshape(-1, *[1] * (len(shape) - 1))
    assert found.dtype == torch.float32
    assert found.shape == tensor.shape
    assert bool(((found - tensor).abs() <= largest / 250).all())


def test_a_convolution_keeps_its_relative_error_below_one_in_a_hundred() -> None:
    tensor = drawn(64, 32, 3, 3)
    assert error(unpack(pack({"w": tensor}))["w"], tensor) < 0.01


def test_zero_rows_and_tiny_rows_stay_finite() -> None:
    tensor = torch.stack([torch.zeros(8), torch.full((8,), 1e-12), torch.ones(8)])
    found = unpack(pack({"w": tensor}, lambda *_: Packing()))["w"]
    assert found.isfinite().all()
    assert torch.allclose(found, tensor, rtol=1e-3, atol=0)


def test_a_table_of_low_rank_is_kept_as_a_product() -> None:
    table = drawn(500, 6) @ drawn(6, 40, seed=1)
    stored = pack({"w": table}, lambda *_: Packing(rank=6))
    shapes = {name: tuple(tensor.shape) for name, tensor in stored.items()}
    assert shapes == {"w.int8": (500, 6), "w.scale": (500,), "w.basis": (6, 40)}
    assert error(unpack(stored)["w"], table) < 0.01


def test_the_rank_keeps_the_strongest_directions() -> None:
    table = drawn(300, 20) * torch.logspace(0, -3, 20)
    left = torch.linalg.svdvals(table)[5:].norm() / table.norm()  # what no rank 5 can keep
    assert error(unpack(pack({"w": table}, lambda *_: Packing(rank=5)))["w"], table) < left + 0.01


def test_the_usual_rule_packs_large_matrices_and_leaves_the_rest() -> None:
    tensors = {
        "conv": drawn(64, 8, 3, 3),
        "linear": drawn(64, 64),
        "small": drawn(8, 8),
        "bias": drawn(8192),
        "counts": torch.arange(8192).reshape(64, 128),
    }
    stored = pack(tensors)
    packed = {"conv.int8", "conv.scale", "linear.int8", "linear.scale"}
    assert stored.keys() == packed | {"small", "bias", "counts"}
    assert all(stored[name] is tensors[name] for name in ("small", "bias", "counts"))
    assert matrices("x", drawn(63, 65)) is None


def test_packed_tensors_take_a_quarter_of_the_room(tmp_path: Path) -> None:
    tensors = {"w": drawn(512, 512)}
    assert pack(tensors)["w.scale"].dtype == torch.float16
    checkpoint.save(tmp_path / "w.safetensors", pack(tensors), {})
    assert (tmp_path / "w.safetensors").stat().st_size < tensors["w"].nbytes / 3.9
    found = unpack(checkpoint.read(tmp_path / "w.safetensors").tensors)
    assert error(found["w"], tensors["w"]) < 0.01


def test_packing_again_changes_nothing() -> None:
    once = unpack(pack({"w": drawn(80, 80)}))
    assert torch.allclose(unpack(pack(once))["w"], once["w"], rtol=1e-3)


def test_plain_tensors_pass_through() -> None:
    tensors = {"a": drawn(3), "b.scale": drawn(2), "c.basis": drawn(2, 2)}
    assert unpack(tensors) == tensors


def test_shapes_are_known_without_tensors() -> None:
    tensors = {"w": drawn(50, 90), "b": drawn(7), "t": drawn(60, 80)}
    stored = pack(tensors, lambda name, _: {"w": Packing(), "t": Packing(rank=4)}.get(name))
    shapes = unpacked_shapes({name: tuple(tensor.shape) for name, tensor in stored.items()})
    assert shapes == {"w": (50, 90), "b": (7,), "t": (60, 80)}
    assert shapes == unpacked_shapes(shapes)


CODES = torch.ones(4, 3, dtype=torch.int8)
BAD: dict[str, tuple[dict[str, Tensor], str]] = {
    "both": ({"w": drawn(4, 3), "w.int8": CODES, "w.scale": drawn(4)}, "'w' both plain and packed"),
    "no scale": ({"w.int8": CODES}, r"no 'w\.scale'"),
    "scale too long": ({"w.int8": CODES, "w.scale": drawn(5)}, "one number for each row"),
    "scale for columns": ({"w.int8": CODES, "w.scale": drawn(3)}, "one number for each row"),
    "scale a matrix": ({"w.int8": CODES, "w.scale": drawn(4, 1)}, "one number for each row"),
    "codes a scalar": ({"w.int8": CODES[0, 0], "w.scale": drawn(1)}, "one number for each row"),
    "basis of another rank": (
        {"w.int8": CODES, "w.scale": drawn(4), "w.basis": drawn(2, 9)},
        r"'w\.basis' that does not fit",
    ),
    "basis a vector": ({"w.int8": CODES, "w.scale": drawn(4), "w.basis": drawn(3)}, "does not fit"),
    "basis of a convolution": (
        {"w.int8": CODES[..., None], "w.scale": drawn(4), "w.basis": drawn(3, 9)},
        "does not fit",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_refuses_parts_that_do_not_fit(what: str) -> None:
    tensors, reason = BAD[what]
    with pytest.raises(WeightsError, match=reason) as caught:
        unpack(tensors, "'model.safetensors'")
    assert str(caught.value).startswith("'model.safetensors' has ")
