"""The few names a pickle may hold, and what stands for each."""

import pytest

from underpaint.weights._records import (
    Dtype,
    Inert,
    Parameters,
    Refused,
    Storage,
    TensorRecord,
    called,
    key,
    named,
)

HELD = Storage("F32", "0", 12)


def test_torchs_functions_become_descriptions() -> None:
    for name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
        found = called(named("torch._utils", name), (HELD, 0, (3, 4), (4, 1)))
        assert found == TensorRecord(HELD, "F32", 0, (3, 4), (4, 1))
    bare = Storage("", "0", 48)
    call = named("torch._utils", "_rebuild_tensor_v3")
    found = called(call, (bare, 0, (3,), (1,), False, {}, named("torch", "float8_e4m3fn")))
    assert found == TensorRecord(bare, "F8_E4M3", 0, (3,), (1,))
    parameter = named("torch._utils", "_rebuild_parameter")
    assert called(parameter, (found, True, {})) is found
    typed = named("torch._tensor", "_rebuild_from_type_v2")
    assert called(typed, (parameter, Inert("x"), (found, True, {}), {})) is found


def test_dictionaries_and_sizes_are_plain() -> None:
    ordered = named("collections", "OrderedDict")
    assert called(ordered, ()) == {}
    assert called(ordered, ([("a", 1)],)) == {"a": 1}
    assert called(named("torch", "Size"), ([2, 3],)) == (2, 3)
    assert isinstance(called(named("torch.nn.modules.container", "ParameterDict"), ()), Parameters)
    assert named("torch", "HalfStorage") == Dtype("F16")


def test_what_trainers_leave_is_never_touched() -> None:
    for module, name in (
        ("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"),
        ("numpy.core.multiarray", "scalar"),
        ("_codecs", "encode"),
    ):
        assert called(named(module, name), ("anything",)) == Inert(f"{module}.{name}")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("torch", "load"),
        ("torch", "QInt8Storage"),
        ("torch._utils", "_rebuild_tensor_v4"),
        ("collections", "OrderedDict.fromkeys"),
        ("torch.storage", "_load_from_bytes"),
        (3, ["x"]),
        ("\n\x1b" * 200, ""),
    ],
)
def test_every_other_name_is_refused(module: object, name: object) -> None:
    with pytest.raises(Refused, match="it asks for ") as caught:
        named(module, name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_only_those_names_are_called() -> None:
    for call in ("os.system", print, 3, Dtype("F32"), lambda: None):
        with pytest.raises(Refused, match="calls what is not a function"):
            called(call, ())
    with pytest.raises(Refused):
        called(named("collections", "OrderedDict"), [1])


def test_keys_are_cheap_to_compare() -> None:
    for value in ("a", 1, 2.5, None, b"x", (1, "a"), Inert("x")):
        assert key(value) == value
    for value in (((),), ((1, (2,)),), [], {}, HELD):
        with pytest.raises(Refused, match="other than text"):
            key(value)
