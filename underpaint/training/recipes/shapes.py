"""`shapes`: the smallest diffusion model worth watching, of pixels, without an autoencoder.

`underpaint train shapes --prepare` draws the data, `underpaint train shapes` learns to paint it;
with `--data` it learns any other folder of pictures, at 32x32. Paper: Ho et al. 2020,
arXiv:2006.11239, with words beside.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy
from numpy.typing import NDArray

from underpaint import files
from underpaint.events import Event, Progress, Started
from underpaint.media import Image
from underpaint.requests.train import Sizes, TrainRequest

__all__ = ["drawn", "prepare", "request"]

LABEL = "Coloured shapes in pixels: a first diffusion model"

DATA = "data/shapes"
COUNT = 1024
SIDE = 64

COLOURS = {
    "red": (220, 50, 40),
    "orange": (245, 150, 40),
    "yellow": (250, 220, 70),
    "green": (60, 170, 80),
    "blue": (50, 100, 215),
    "purple": (140, 70, 185),
}
SHAPES = ("circle", "square", "triangle")


def prepare(folder: Path = Path(DATA), count: int = COUNT) -> Iterator[Event]:
    """Draw shapes of all colours, sizes and places, with a caption each.

    Args:
        folder: receives the pictures and `metadata.jsonl`.
        count: how many.

    Yields:
        How many are drawn.

    Raises:
        StorageError: the folder cannot be written.
    """
    yield Started("draw shapes")
    files.folder(folder)
    random = numpy.random.default_rng(0)
    lines: list[str] = []
    for index in range(count):
        shape = SHAPES[index % len(SHAPES)]
        colour = list(COLOURS)[index // len(SHAPES) % len(COLOURS)]
        radius = float(random.uniform(SIDE / 6, SIDE / 3))
        middle = random.uniform(radius, SIDE - radius, 2)
        name = f"{index:04d}.png"
        picture = drawn(shape, COLOURS[colour], radius, (float(middle[0]), float(middle[1])))
        files.write(folder / name, picture.png())
        lines.append(json.dumps({"file_name": name, "text": f"a {colour} {shape}"}))
        yield Progress(index + 1, count, "draw shapes")
    files.write(folder / "metadata.jsonl", "\n".join(lines).encode())


def drawn(
    shape: str, colour: tuple[int, int, int], radius: float, middle: tuple[float, float]
) -> Image:
    """Return one shape on white, its edges smooth.

    Args:
        shape: circle, square or triangle.
        colour: red, green, blue, 0..255.
        radius: half its width, pixels.
        middle: row and column of its middle, pixels.
    """
    rows, columns = numpy.mgrid[0:SIDE, 0:SIDE] + 0.5
    down, right = rows - middle[0], columns - middle[1]
    inside = {
        "circle": radius - numpy.hypot(down, right),
        "square": radius - numpy.maximum(abs(down), abs(right)),
        "triangle": numpy.minimum(radius - down, (down + radius) / 2 - abs(right)),
    }[shape]
    cover: NDArray[numpy.float64] = (inside + 0.5).clip(0, 1)[:, :, None]
    pixels = 255 + cover * (numpy.array(colour) - 255)
    return Image.of(pixels.round().astype(numpy.uint8))


def request() -> TrainRequest:
    """What is asked for: a denoiser of 32x32 pixels, some minutes on two cores.

    Returns:
        The request.
    """
    return TrainRequest(
        recipe="shapes",
        kind="pixels",
        data=DATA,
        size=32,
        batch=32,
        steps=2_000,
        learning_rate=1e-3,
        warmup=100,
        ema=0.995,
        prediction="v",
        betas="scaled_linear",
        sample_every=500,
        sample_prompts=tuple(f"a {colour} {shape}" for shape in SHAPES for colour in COLOURS),
        network=Sizes(
            {
                "unet": {
                    "channels": 32,
                    "multipliers": (1, 2, 3),
                    "attention": (False, False, True),
                    "blocks": 1,
                    "heads": 4,
                    "pooled_width": 64,
                },
                "text": {"context_length": 16, "width": 64, "layers": 1, "heads": 4},
            }
        ),
    )
