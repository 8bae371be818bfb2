"""Memory: what a model takes, what models may take together, and how to know that there is none."""

import gc
import math
from collections.abc import Mapping

import torch

from underpaint.engines import _machine

__all__ = ["budget", "device", "free", "ran_out", "taken"]

SHARE = 0.5

_SAYINGS = ("not enough memory", "can't allocate memory", "out of memory", "cannot allocate memory")


def budget(device: torch.device) -> int:
    """Return the bytes that loaded models may take together: half of what the device has."""
    if device.type == "cuda":
        return int(SHARE * torch.cuda.get_device_properties(device).total_memory)
    total, _ = _machine.memory()
    return int(SHARE * total) or 2**62


def taken(shapes: Mapping[str, tuple[int, ...]], dtype: torch.dtype) -> int:
    """Return the bytes that weights take once they are loaded.

    Args:
        shapes: of their tensors.
        dtype: numbers to compute with.
    """
    return sum(math.prod(shape) for shape in shapes.values()) * dtype.itemsize


def ran_out(error: BaseException) -> bool:
    """Whether an error says that there was no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(saying in words for saying in _SAYINGS)


def device() -> dict[str, int]:
    """Return the bytes of the graphics card: "free", "total", "allocated"; {} without one."""
    if not torch.cuda.is_available():
        return {}
    free, total = torch.cuda.mem_get_info()
    return {"free": free, "total": total, "allocated": torch.cuda.memory_allocated()}


def free() -> None:
    """Give back the memory that nobody uses any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
