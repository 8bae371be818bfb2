"""Pictures with words from open emoji sets: fetched, composed on backgrounds, captioned.

Pictures: npm `@lobehub/fluent-emoji-3d` (Microsoft's Fluent emoji, MIT). Words: npm
`emojibase-data` (MIT). Both come through the ordinary `npm pack`.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import tarfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy
from numpy.typing import NDArray

from underpaint import files
from underpaint.errors import TrainingError
from underpaint.media import Image
from underpaint.training.colours import PAINTS

__all__ = ["Concept", "compose", "concepts", "fetch"]

PACKAGES = ("@lobehub/fluent-emoji-3d@1.1.0", "emojibase-data@17.0.0")
SIDE = 256

BACKGROUNDS = PAINTS

MIRRORED = (4, 7)
"""Of the eight compositions."""

SMALL = 0.7
"""Share of the side below which a thing is called small."""

SHIFTED = 16
"""Pixels from the middle at which a thing is to one side."""

GROUPS = (3, 4)  # animals and nature, food and drink

OPENINGS = ("", "", "a ", "a ", "the ", "one ", "a picture of a ", "a ripe ", "a shiny ", "a cute ")
ENDINGS = (
    *("", "", "", ", dramatic lighting", ", with water droplets", ", highly detailed"),
    *(", studio light", ", soft shadows", ", masterpiece, best quality", ", close-up"),
)


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that can be painted."""

    name: str
    """As Unicode calls it: "banana"."""
    words: tuple[str, ...]
    """Tags that go with it: "fruit"."""
    picture: Path
    """RGBA picture, 256 by 256."""


def fetch(folder: Path, packages: Sequence[str] = PACKAGES) -> None:
    """Bring packages with `npm pack`; what is there already is kept.

    Args:
        folder: where the unpacked packages go, one subfolder each.
        packages: with their versions.

    Raises:
        TrainingError: npm is not installed, or cannot bring a package.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise TrainingError("npm is not installed; it brings the pictures (`apt install npm`)")
    for package in packages:
        target = folder / package.rpartition("@")[0].rpartition("/")[2]
        if target.is_dir():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", "--silent", "--pack-destination", str(folder), package]
        packed = subprocess.run(command, check=False, capture_output=True, text=True)
        if packed.returncode:
            raise TrainingError(f"npm cannot bring {package}: {packed.stderr.strip()[-300:]}")
        archive = folder / packed.stdout.split()[-1]
        with tarfile.open(archive) as opened:
            opened.extractall(target.with_suffix(".part"), filter="data")
        target.with_suffix(".part").rename(target)
        archive.unlink()


def concepts(folder: Path, groups: Collection[int] = GROUPS) -> list[Concept]:
    """The things that `mini` learns, in Unicode's order.

    Args:
        folder: where `fetch` put the packages.
        groups: Unicode's groups of emoji, 0..9.

    Returns:
        One for each emoji of the groups that has a picture.
    """
    words = folder / "emojibase-data" / "package"
    pictures = folder / "fluent-emoji-3d" / "package" / "assets"
    found: list[Concept] = []
    for entry in json.loads((words / "en" / "data.json").read_text("utf-8")):
        if entry.get("group") not in groups:
            continue
        code = entry["hexcode"].lower().replace("-fe0f", "")
        for path in (pictures / f"{code}.webp", pictures / f"{code}-fe0f.webp"):
            if path.is_file():
                found.append(Concept(entry["label"].lower(), tuple(entry.get("tags", ())), path))
                break
    return found


def compose(things: list[Concept], folder: Path, *, seed: int = 0) -> Iterator[int]:
    """Write each concept in eight compositions with captions, as a folder to train on.

    Four times as it is on white, which is what its name alone stands for; then smaller and
    elsewhere, some mirrored, on white, black and coloured backgrounds. The caption tells each of
    these, so that it leaves nothing to guess. A run that was interrupted begins anew.

    Args:
        things: what to paint.
        folder: receives pictures and `metadata.jsonl`.
        seed: of places, sizes and words.

    Yields:
        The number of concepts written so far.
    """
    files.folder(folder)
    draw = random.Random(seed)
    lines: list[str] = []
    for index, thing in enumerate(things):
        cut_out = Image.read(thing.picture)
        for variant in range(8):
            background = _background(variant, draw)
            scale = 1.0 if variant < 4 else draw.uniform(0.55, 0.95)
            mirrored = variant in MIRRORED
            place = _place(scale, draw)
            pixels = _laid(_mirrored(cut_out) if mirrored else cut_out, background, scale, place)
            name = f"{index:04d}-{variant}.png"
            files.write(folder / name, Image.of(pixels).png())
            size = "small " if scale < SMALL else ""
            where = _where(scale, place, background, mirrored=mirrored)
            texts = _captions(thing, size, where, draw)
            lines.append(json.dumps({"file_name": name, "text": texts}))
        yield index + 1
    files.write(folder / "metadata.jsonl", ("\n".join(lines) + "\n").encode())


def _background(variant: int, draw: random.Random) -> str:
    if variant < 5:
        return "white"
    return "black" if variant == 5 else draw.choice(list(BACKGROUNDS)[2:])


def _place(scale: float, draw: random.Random) -> tuple[int, int]:
    """Return the top and left of a thing that takes this share of the side."""
    room = SIDE - round(SIDE * scale)
    return draw.randint(0, room), draw.randint(0, room)


def _mirrored(picture: Image) -> Image:
    return Image.of(numpy.ascontiguousarray(picture.array()[:, ::-1]))


def _laid(
    cut_out: Image, background: str, scale: float, place: tuple[int, int]
) -> NDArray[numpy.uint8]:
    """Lay the cut-out on a coloured square, (256, 256, 3)."""
    side, (top, left) = round(SIDE * scale), place
    colour = BACKGROUNDS[background]
    picture = numpy.full((SIDE, SIDE, 3), colour, numpy.uint8)
    laid = cut_out.resized(side, side).rgb(colour)
    picture[top : top + side, left : left + side] = laid.array()
    return picture


def _where(scale: float, place: tuple[int, int], background: str, *, mirrored: bool) -> str:
    """Say where the thing is, on what, and whether it looks the other way."""
    down, right = (edge - (SIDE - round(SIDE * scale)) / 2 for edge in place)
    sides: list[str] = []
    if abs(down) > SHIFTED:
        sides.append("bottom" if down > 0 else "top")
    if abs(right) > SHIFTED:
        sides.append("right" if right > 0 else "left")
    said = f" at the {' '.join(sides)}" if sides else ""
    said += f" on a {background} background" if background != "white" else ""
    return said + (", mirrored" if mirrored else "")


def _captions(thing: Concept, size: str, where: str, draw: random.Random) -> list[str]:
    """Ways to ask for this picture; half of them "NAME, 3d render" and nothing more."""
    plain = f"{size}{thing.name}{where}, 3d render"
    longer = [
        f"{draw.choice(OPENINGS)}{size}{thing.name}{where}{draw.choice(ENDINGS)}" for _ in range(4)
    ]
    tagged = [f"{size}{thing.name}, {tag}{where}, 3d render" for tag in thing.words[:2]]
    return [plain] * 6 + longer + tagged
