"""The diary of a run: losses as JSON lines, a curve as a picture, and TensorBoard's event file."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy
from PIL import Image as Pillow
from PIL import ImageDraw

from underpaint import files
from underpaint.media import Image
from underpaint.training.tensorboard import EventFile

__all__ = ["Log", "curve"]

WIDTH, HEIGHT, MARGIN = 960, 480, 48
INK, FAINT, LINE = (40, 40, 40), (190, 200, 215), (30, 100, 200)


class Log:
    """Writes down how a run goes; after an interruption it goes on where the weights do."""

    def __init__(self, folder: Path, step: int) -> None:
        """Open the diary, forgetting what it says about steps after `step`.

        Args:
            folder: receives `loss.jsonl`, `loss.png` and the event file.
            step: steps the run has done, 0 for a new one.
        """
        files.folder(folder)
        self.folder = folder
        self.lines = folder / "loss.jsonl"
        self.losses = [entry for entry in _read(self.lines) if entry[0] <= step]
        kept = "".join(_line(*entry) for entry in self.losses)
        files.write(self.lines, kept.encode())
        self.events = EventFile(folder)

    def learned(self, step: int, loss: float, *, learning_rate: float, rate: float) -> None:
        """Note the loss after `step` steps, the learning rate, and the pictures a second."""
        self.losses.append((step, loss))
        with self.lines.open("a", encoding="utf-8") as file:
            file.write(_line(step, loss))
        self.events.scalar("loss", loss, step)
        self.events.scalar("learning_rate", learning_rate, step)
        self.events.scalar("pictures_per_second", rate, step)

    def picture(self, name: str, step: int, picture: Image) -> Path:
        """Keep a picture made after `step` steps; return its file."""
        path = self.folder / f"{name}-{step:07d}.png"
        data = picture.png()
        files.write(path, data)
        self.events.image(name, data, step, width=picture.width, height=picture.height)
        return path

    def draw(self) -> None:
        """Draw the curve of losses so far as `loss.png`."""
        files.write(self.folder / "loss.png", curve(self.losses).png())


def _line(step: int, loss: float) -> str:
    return json.dumps({"step": step, "loss": loss}) + "\n"


def _read(path: Path) -> list[tuple[int, float]]:
    """Read the diary; a last line that was cut off is left out."""
    entries: list[tuple[int, float]] = []
    for line in path.read_text("utf-8", "replace").splitlines() if path.is_file() else ():
        try:
            entry = json.loads(line)
            entries.append((int(entry["step"]), float(entry["loss"])))
        except (ValueError, KeyError, TypeError):
            continue
    return entries


def curve(losses: Sequence[tuple[int, float]]) -> Image:
    """Draw losses over steps: each loss faintly, their running mean as a line, logarithmic.

    Args:
        losses: (step, loss) pairs, steps rising; those not above 0 cannot be shown and are not.

    Returns:
        A picture of 960 by 480.
    """
    shown = [(step, math.log10(loss)) for step, loss in losses if loss > 0]
    sheet = Pillow.new("RGB", (WIDTH, HEIGHT), (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((MARGIN, MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN), outline=FAINT)
    if shown:
        _draw_curve(draw, shown)
    return Image.of(numpy.asarray(sheet))


def _draw_curve(draw: ImageDraw.ImageDraw, shown: Sequence[tuple[int, float]]) -> None:
    steps = [step for step, _ in shown]
    means = _running([value for _, value in shown])
    low, high = min(value for _, value in shown), max(value for _, value in shown)

    def place(step: int, value: float) -> tuple[float, float]:
        along = (step - steps[0]) / max(1, steps[-1] - steps[0])
        up = (value - low) / max(1e-9, high - low)
        x = MARGIN + along * (WIDTH - 2 * MARGIN)
        return x, HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)

    for x, y in (place(*entry) for entry in shown):
        draw.rectangle((x - 1, y - 1, x + 1, y + 1), FAINT)
    draw.line([place(*entry) for entry in zip(steps, means, strict=True)], LINE, 2)
    draw.text((MARGIN, MARGIN - 16), f"loss {10**high:.4g}", INK)
    draw.text(
        (MARGIN, HEIGHT - MARGIN + 4), f"{10**low:.4g}   steps {steps[0]} to {steps[-1]}", INK
    )


def _running(values: Sequence[float]) -> list[float]:
    mean, means = values[0], []
    for index, value in enumerate(values):
        mean += (value - mean) / min(index + 1, 50)
        means.append(mean)
    return means
