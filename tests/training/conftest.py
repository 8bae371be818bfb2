"""Toy data and toy sizes: everything here is real, and small enough for seconds."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy
import pytest

from underpaint.media import Image
from underpaint.requests.train import TrainRequest
from underpaint.training.loop import train

VAE = {"channels": 8, "multipliers": [1, 2], "blocks": 1, "latent_channels": 4, "patch": 2}
UNET = {"channels": 8, "multipliers": [1, 2], "blocks": 1, "attention": [False, True], "heads": 2}
TEXT = {"width": 8, "layers": 1, "heads": 2, "context_length": 8}
SIZES = {
    "autoencoder": {"vae": VAE},
    "pixels": {"unet": UNET},
    "latents": {"unet": {**UNET, "pooled_width": 8}, "text": TEXT, "freeze_text": True},
}


def paint(folder: Path, count: int = 12) -> None:
    """Fill a folder with squares of one colour on white, and their captions."""
    folder.mkdir(parents=True)
    random = numpy.random.default_rng(0)
    lines: list[str] = []
    for index in range(count):
        pixels = numpy.full((20, 24, 3), 255, numpy.uint8)
        pixels[4:14, 6:16] = random.integers(0, 255, 3)
        (folder / f"{index:02d}.png").write_bytes(Image.of(pixels).png())
        lines.append(json.dumps({"file_name": f"{index:02d}.png", "text": [f"box {index}", "box"]}))
    (folder / "metadata.jsonl").write_text("\n".join(lines), "utf-8")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy") / "data"
    paint(folder)
    return folder


@pytest.fixture(scope="session")
def autoencoder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a first stage that was taught for a moment."""
    out = tmp_path_factory.mktemp("first") / "stage"
    for _ in train(asked(data, out, "autoencoder", steps=20)):
        pass
    return out / "toy.safetensors"


@pytest.fixture
def ask(data: Path, autoencoder: Path, tmp_path: Path) -> Callable[..., TrainRequest]:
    """Return what makes requests of toy size: `ask("latents", steps=3)`."""

    def make(kind: str, **fields: object) -> TrainRequest:
        if kind == "latents":
            fields = {"autoencoder": str(autoencoder), **fields}
        return asked(data, Path(str(fields.pop("out", tmp_path / "run"))), kind, **fields)

    return make


def asked(data: Path, out: Path, kind: str, **fields: object) -> TrainRequest:
    values: dict[str, Any] = {
        "recipe": "toy",
        "kind": kind,
        "data": str(data),
        "out": str(out),
        "size": 16,
        "batch": 4,
        "steps": 6,
        "learning_rate": 3e-3,
        "warmup": 2,
        "precision": "float32",
        "device": "cpu",
        "sample_every": 0,
        "sample_prompts": ("box", "box 3"),
        "network": SIZES[kind],
    }
    return TrainRequest(**cast(dict[str, Any], values | fields))
