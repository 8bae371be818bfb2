"""What the names in a pickle stand for: three records, and the few calls that make them.

torch writes a tensor as the call of one of its functions with a storage, an offset and sizes.
Nothing of torch is called here; these functions of ours describe what theirs would make. A name
that stands in no table is the end of the reading. Imports no torch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "Dtype",
    "Inert",
    "Parameters",
    "Refused",
    "Storage",
    "TensorRecord",
    "Value",
    "called",
    "key",
    "named",
]

Value: TypeAlias = Any
"""What a pickle builds: None, bool, int, float, str, bytes, list, tuple, dict or a record."""


class Refused(Exception):  # noqa: N818 - it is the answer, not an accident
    """Why a file is not read, as the end of a sentence that begins with the file's name."""


@dataclass(frozen=True, slots=True)
class Inert:
    """A name that torch or a trainer writes and that we neither need nor touch."""

    name: str


class Storage(NamedTuple):
    """Where numbers are.

    Attributes:
        label: their dtype, as safetensors files name it; "" where the tensor says it.
        key: the name of the piece of the file.
        length: how many there are.
    """

    label: str
    key: str
    length: int


class TensorRecord(NamedTuple):
    """What a pickle says of a tensor.

    Attributes:
        storage: where its numbers are.
        label: their dtype, as safetensors files name it.
        offset: of its first number in the storage.
        shape: its sizes.
        strides: from each number to the next, in numbers, along each side.
    """

    storage: Storage
    label: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(slots=True)
class Parameters:
    """A torch ParameterDict, as embeddings have it."""

    entries: dict[str, Value] = field(default_factory=dict)


STORAGES: Mapping[str, str] = MappingProxyType(
    {
        "DoubleStorage": "F64",
        "FloatStorage": "F32",
        "HalfStorage": "F16",
        "BFloat16Storage": "BF16",
        "LongStorage": "I64",
        "IntStorage": "I32",
        "ShortStorage": "I16",
        "CharStorage": "I8",
        "ByteStorage": "U8",
        "BoolStorage": "BOOL",
        "UntypedStorage": "",
    }
)
_DTYPES: Mapping[str, str] = MappingProxyType(
    {
        "float64": "F64",
        "float32": "F32",
        "float16": "F16",
        "bfloat16": "BF16",
        "float8_e4m3fn": "F8_E4M3",
        "float8_e5m2": "F8_E5M2",
        "int64": "I64",
        "int32": "I32",
        "int16": "I16",
        "int8": "I8",
        "uint8": "U8",
        "bool": "BOOL",
    }
)


def _tensor(storage: Value, offset: Value, *layout: Value) -> TensorRecord:
    return _record(storage, storage.label, (offset, *layout[:2]))


def _tensor_of_dtype(storage: Value, offset: Value, *layout: Value) -> TensorRecord:
    return _record(storage, layout[4].label, (offset, *layout[:2]))


def _record(storage: Value, label: Value, layout: tuple[Value, ...]) -> TensorRecord:
    offset, shape, strides = layout
    sizes, steps = tuple(shape), tuple(strides)
    whole = all(type(each) is int and 0 <= each < 2**63 for each in (offset, *sizes, *steps))
    if type(storage) is not Storage or not whole or len(sizes) != len(steps) or not label:
        raise Refused("it describes a tensor that cannot be")
    return TensorRecord(storage, str(label), offset, sizes, steps)


class Dtype(NamedTuple):
    """What numbers are made of.

    Attributes:
        label: as safetensors files name it.
    """

    label: str


def _same(value: Value, *_: Value) -> Value:
    return value


def _dictionary(*pairs: Value) -> dict[Value, Value]:
    if not pairs:
        return {}
    return {key(name): value for name, value in pairs[0]}


def _typed(call: Value, _kind: Value, arguments: Value, *_: Value) -> Value:
    return called(call, arguments)


_CALLS: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "collections.OrderedDict": _dictionary,
        "torch._utils._rebuild_tensor": _tensor,
        "torch._utils._rebuild_tensor_v2": _tensor,
        "torch._utils._rebuild_tensor_v3": _tensor_of_dtype,
        "torch._utils._rebuild_parameter": _same,
        "torch._utils._rebuild_parameter_with_state": _same,
        "torch._tensor._rebuild_from_type_v2": _typed,
        "torch.nn.modules.container.ParameterDict": lambda *_: Parameters(),
        "torch.Size": tuple,
    }
)
_INERT = frozenset(
    {
        "__builtin__.set",
        "_codecs.encode",
        "builtins.set",
        "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar",
        "numpy.core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar",
        "numpy.dtype",
        "numpy.ndarray",
        "pytorch_lightning.callbacks.ModelCheckpoint",
        "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
        "torch.Tensor",
        "torch.device",
        "torch.nn.parameter.Parameter",
    }
)


def named(module: Value, name: Value) -> Value:
    """Return what stands for a global name.

    Args:
        module: where it is from, as the pickle says.
        name: in the module.

    Raises:
        Refused: it is not one of the few.
    """
    full = f"{module}.{name}"
    if full in _CALLS:
        return _CALLS[full]
    if full in _INERT:
        return Inert(full)
    if module in {"torch", "torch.storage"} and name in STORAGES:
        return Dtype(STORAGES[name])
    if module == "torch" and name in _DTYPES:
        return Dtype(_DTYPES[name])
    raise Refused(f"it asks for {ascii(full)[:100]}, which weights have no need of")


def called(call: Value, arguments: Value) -> Value:
    """Return what stands for the call of a name.

    Args:
        call: what `named` returned.
        arguments: a tuple.

    Raises:
        Refused: it is none of the few names, or the arguments are not theirs.
    """
    if isinstance(call, Inert):
        return Inert(call.name)
    if type(arguments) is not tuple or not any(call is known for known in _CALLS.values()):
        raise Refused("it calls what is not a function")
    return call(*arguments)


def key(value: Value) -> Value:
    """Return the key of a dictionary, unless its hash would cost much.

    Args:
        value: what a pickle gives as a key.

    Raises:
        Refused: it is neither flat nor small.
    """
    flat = (str, int, float, bool, bytes, type(None), Inert)
    if isinstance(value, flat) or (type(value) is tuple and all(type(v) in flat for v in value)):
        return value
    raise Refused("it names things by something other than text or numbers")
