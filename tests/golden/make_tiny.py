"""Make tiny.safetensors: what the tiny model makes of fixed inputs, for refactors to keep.

    python tests/golden/make_tiny.py

Run it again only when a change is meant to change what a model paints.
"""

import platform
from pathlib import Path

import torch
from torch import Tensor

from underpaint.families import tiny
from underpaint.weights import checkpoint

FILE = Path(__file__).with_name("tiny.safetensors")


def machine() -> str:
    """Return what the bits depend on: processor, its vector instructions, torch."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    return f"{processor}, {torch.backends.cpu.get_cpu_capability()}, torch {torch.__version__}"


def made() -> dict[str, Tensor]:
    """Return texts, estimates, a latent and a picture of the tiny model, float32."""
    model = tiny.build(tiny.weights())
    positive = model.encode_text("a (lighthouse:1.2) in a [storm], oil on canvas")
    negative = model.encode_text("", clip_skip=2)
    pixels = torch.linspace(-1, 1, 3 * 64 * 48).reshape(1, 3, 64, 48)
    latent = model.encode(pixels)
    noise = torch.sin(torch.arange(latent.numel()).float() * 1.7).reshape(latent.shape)
    both = model.estimates(positive, negative)(latent + 3 * noise, torch.tensor(3.0))
    assert positive.pooled is not None
    return {
        "tokens": positive.tokens,
        "pooled": positive.pooled,
        "latent": latent,
        "positive": both[0],
        "negative": both[1],
        "pixels": model.decode(both[0]),
        "preview": model.preview(both[0]),
    }


if __name__ == "__main__":
    checkpoint.save(FILE, made(), {"machine": machine()})
