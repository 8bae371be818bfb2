"""The diary of a run: losses as JSON lines, a curve as a picture, and TensorBoard's event file."""

import json
from pathlib import Path

from underpaint import files
from underpaint.media import Image
from underpaint.training.curve import curve
from underpaint.training.tensorboard import EventFile

__all__ = ["Log"]


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
