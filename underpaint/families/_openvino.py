"""Networks as OpenVINO compiles them: on Intel's and AMD's processors faster than torch runs them.

A network is traced and converted once, which takes minutes for a large one, and kept in the cache
folder with what the compiler made of it; it may be deleted at any time. What a call may not change
is compiled in: the size of the picture. Texts may have any length.

What changes a network after it was converted (adapters, tiling) is not in the conversion; such
calls go to torch.
"""

import copy
import hashlib
import importlib
import sys
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from underpaint import files
from underpaint.errors import RequestError
from underpaint.families._running import Inputs, Part, given, torch_runner

__all__ = ["OpenVino", "imported"]

PACKAGE = "openvino"
TELEMETRY = "openvino_telemetry"
SAMPLES = 64
PRECISIONS = {torch.float32: "f32", torch.bfloat16: "bf16"}

_Shapes: TypeAlias = tuple[tuple[int, ...], ...]
_Program: TypeAlias = Callable[[Sequence[np.ndarray]], Mapping[int, np.ndarray]]


def imported() -> ModuleType:
    """Return the package `openvino`, which tells nobody that it is used.

    It would tell its makers at each import. Without the package that does so, it does not.

    Raises:
        RequestError: it is not installed.
    """
    try:
        with _absent(TELEMETRY):
            return importlib.import_module(PACKAGE)
    except ImportError as error:
        raise RequestError(
            "device is 'openvino', but that package is not installed; install it with: "
            "pip install 'underpaint[openvino]'"
        ) from error


class OpenVino:
    """Runs parts of models by OpenVINO, converted when first met."""

    def __init__(self, *, dtype: torch.dtype, folder: Path | None = None) -> None:
        """Make ready; nothing is converted yet.

        Args:
            dtype: numbers to compute with: float32 or bfloat16.
            folder: where conversions are kept; None = in the system's folder for such things.

        Raises:
            RequestError: OpenVINO is not installed, or does not compute with such numbers here.
        """
        self._openvino = imported()
        if dtype not in PRECISIONS:
            name = str(dtype).removeprefix("torch.")
            raise RequestError(
                f"dtype is {name!r}; for the device 'openvino' it must be float32 or bfloat16"
            )
        self._folder = folder or files.cache() / PACKAGE
        self._core = self._openvino.Core()
        self._options = {
            "INFERENCE_PRECISION_HINT": PRECISIONS[dtype],
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
            "CACHE_DIR": str(self._folder / "compiled"),
            "CACHE_MODE": "OPTIMIZE_SIZE",
        }
        self._converted: WeakKeyDictionary[nn.Module, dict[str, _Converted]] = WeakKeyDictionary()

    def prepare(self, part: Part, inputs: Inputs) -> None:
        """Convert a part, unless that was ever done; minutes for a large one.

        Args:
            part: as it is now: what changes it afterwards is not heeded.
            inputs: an example of any size.

        Raises:
            StorageError: the conversion cannot be kept.
        """
        example = given(inputs)
        place = self._folder / f"{part.name}-{self._fingerprint(part, list(example))}"
        if not place.exists():
            files.folder(self._folder)
            files.fill_folder(place, lambda folder: self._convert(part, example, folder))
        methods = self._converted.setdefault(part.network, {})
        methods[part.method] = _Converted(place, _state(part.network))

    @torch.no_grad()
    def __call__(self, part: Part, inputs: Inputs) -> Tensor:
        """Return what a part makes of its inputs, in float32; compiled for their size if need be.

        Args:
            part: one that was prepared; otherwise, or if it has changed since, torch runs it.
            inputs: as in the example, of any size.
        """
        converted = self._converted.get(part.network, {}).get(part.method)
        if converted is None or converted.state != _state(part.network):
            return torch_runner(part, inputs)
        arrays = [tensor.float().contiguous().numpy() for tensor in given(inputs).values()]
        shapes = tuple(_static(array.shape) for array in arrays)
        if converted.program is None or converted.shapes != shapes:
            converted.program = None  # makes room first
            converted.program = self._compile(converted.place, shapes)
            converted.shapes = shapes
        made = converted.program(arrays)[0]
        return torch.from_numpy(made.copy())  # pyright: ignore[reportUnknownMemberType]

    def _convert(self, part: Part, example: Mapping[str, Tensor], folder: Path) -> None:
        """Convert a part in float32: of one in bfloat16 OpenVINO makes what is no number."""
        network = part.network
        if any(weight.dtype != torch.float32 for weight in network.parameters()):
            network = copy.deepcopy(network).float()
        traced = _Traced(part._replace(network=network), list(example))
        inputs = tuple(tensor.float() for tensor in example.values())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is to come in torch, and of traced branches
            made = self._openvino.convert_model(traced, example_input=inputs)
        self._openvino.save_model(made, folder / "network.xml")

    def _compile(self, place: Path, shapes: _Shapes) -> _Program:
        network = self._core.read_model(place / "network.xml")
        sizes = {at: self._openvino.PartialShape(list(shape)) for at, shape in enumerate(shapes)}
        network.reshape(sizes)
        return self._core.compile_model(network, "CPU", self._options)

    def _fingerprint(self, part: Part, names: list[str]) -> str:
        """Return what tells a network from others: its structure, and samples of its weights."""
        digest = hashlib.sha256(f"{self._openvino.__version__} {part.method} {names}".encode())
        for name, weight in part.network.named_parameters():
            flat = weight.detach().flatten()
            digest.update(f"{name} {tuple(weight.shape)} {weight.dtype}".encode())
            some = flat[:: max(1, len(flat) // SAMPLES)]
            digest.update(some.float().numpy().tobytes())
        return digest.hexdigest()[:32]


@dataclass(slots=True)
class _Converted:
    """What was made of a part.

    Attributes:
        place: folder of the conversion.
        state: of the network when it was made.
        shapes: of the inputs that the program is for.
        program: compiled; None = not yet.
    """

    place: Path
    state: int
    shapes: _Shapes = ()
    program: _Program | None = None


class _Traced(nn.Module):
    """A part whose inputs stand in a row, as a trace wants them."""

    def __init__(self, part: Part, names: list[str]) -> None:
        super().__init__()
        self.network = part.network
        self._method = part.method
        self._names = names

    def forward(self, *inputs: Tensor) -> Tensor:
        method = getattr(self.network, self._method)
        return method(**dict(zip(self._names, inputs, strict=True)))


def _static(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape in which the length of a text, (B, L, D), may be any."""
    return (shape[0], -1, shape[2]) if len(shape) == 3 else shape


def _state(network: nn.Module) -> int:
    """Return what changes when somebody puts other weights, or another padding, into a network."""
    weights = [weight.data_ptr() for weight in network.parameters()]
    paddings = [layer.padding_mode for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    return hash((*weights, *paddings))


@contextmanager
def _absent(name: str) -> Generator[None]:
    """Let a package be missing for those who try to import it."""
    before = sys.modules.get(name)
    sys.modules[name] = None  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
