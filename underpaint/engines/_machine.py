"""What this machine is: its cores, its memory, and what it computes fastest with."""

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from underpaint.errors import RequestError

DEVICES = ("auto", "cpu", "cuda", "openvino")
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

_CPUS = Path("/sys/devices/system/cpu")
_FEATURES = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_bf16",
    "amx_int8",
    "asimd",
    "bf16",
)


class Place(NamedTuple):
    """Where and how to compute.

    Attributes:
        device: where torch keeps its tensors.
        dtype: numbers to compute with.
        openvino: OpenVINO runs the networks, and torch all else.
    """

    device: torch.device
    dtype: torch.dtype
    openvino: bool


def place(device: str, dtype: str) -> Place:
    """Return where and how to compute.

    "auto" is a GPU when there is one, and float16 there. On a CPU it is float32: not every CPU has
    bfloat16, and the same picture on each is worth more than the time. Who asks for OpenVINO wants
    the time, and gets bfloat16 where the processor has it.

    Args:
        device: auto, cpu, cuda or openvino.
        dtype: auto, float32, bfloat16 or float16.

    Raises:
        RequestError: no such device or dtype, or none on this machine.
    """
    if device not in DEVICES:
        raise RequestError(f"device is {device!r}; it must be one of {', '.join(DEVICES)}")
    if dtype != "auto" and dtype not in DTYPES:
        raise RequestError(f"dtype is {dtype!r}; it must be one of auto, {', '.join(DTYPES)}")
    if device == "cuda" and not torch.cuda.is_available():
        raise RequestError("device is 'cuda' and there is no GPU that torch can use; cpu will do")
    gpu = device in ("auto", "cuda") and torch.cuda.is_available()
    has_bfloat16 = bool({"avx512_bf16", "amx_bf16"} & set(features()))
    usual = "float16" if gpu else "float32"
    if device == "openvino" and has_bfloat16:
        usual = "bfloat16"
    numbers = DTYPES[usual if dtype == "auto" else dtype]
    return Place(torch.device("cuda" if gpu else "cpu"), numbers, device == "openvino")


def device_words() -> str:
    """Return what "auto" computes on here, in words."""
    if not torch.cuda.is_available():
        return "cpu; torch sees no GPU"
    return f"cuda, {torch.cuda.get_device_name()}"


def threads() -> int:
    """Return how many threads compute fastest: one a physical core, no more than torch's own."""
    return max(1, min(physical_cores(), torch.get_num_threads()))


def physical_cores() -> int:
    """Return the cores this process may use, two threads of one core counted once."""
    siblings: set[str] = set()
    for cpu in _usable_cpus():
        with contextlib.suppress(OSError):
            siblings.add((_CPUS / f"cpu{cpu}/topology/thread_siblings_list").read_text())
    return len(siblings) or os.cpu_count() or 1


def _usable_cpus() -> Iterator[int]:
    if hasattr(os, "sched_getaffinity"):
        yield from os.sched_getaffinity(0)


def processor() -> str:
    """Return the processor's name, "" when the system does not tell."""
    return _cpuinfo("model name") or platform.processor()


def features() -> tuple[str, ...]:
    """Return which of the instruction sets that matter here the processor has."""
    flags = f"{_cpuinfo('flags')} {_cpuinfo('Features')}".split()
    return tuple(name for name in _FEATURES if name in flags)


def _cpuinfo(key: str) -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    return ""


def memory() -> tuple[int, int]:
    """Return bytes of memory in all and free for us, (0, 0) when the system does not tell."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = {
            name: value.split()[0] for name, _, value in (line.partition(":") for line in lines)
        }
        return 1024 * int(sizes["MemTotal"]), 1024 * int(sizes["MemAvailable"])
    return 0, 0


def bfloat16_gain(seconds: float = 0.4) -> float:
    """Return how many times faster a product of matrices is in bfloat16 than in float32.

    Args:
        seconds: about how long to measure each.
    """
    speeds = [_products_a_second(kind, seconds) for kind in (torch.float32, torch.bfloat16)]
    return speeds[1] / speeds[0]


def _products_a_second(kind: torch.dtype, seconds: float) -> float:
    left, right = torch.ones(512, 512, dtype=kind), torch.ones(512, 512, dtype=kind)
    torch.mm(left, right)
    start, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < seconds:
        torch.mm(left, right)
        count += 1
    return count / passed
