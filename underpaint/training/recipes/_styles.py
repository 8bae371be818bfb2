"""The same things in four styles, from open emoji sets: pictures, names and what is held out.

Pictures: Fluent emoji, 3-D and flat (MIT), Noto emoji (Apache-2.0), Twemoji (CC-BY-4.0). Words:
emojibase (MIT), in seven languages. All come through the ordinary `npm pack`; drawings become
pixels by `resvg`, which only this step needs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from underpaint.errors import TrainingError
from underpaint.media import Image
from underpaint.training.cutouts import QUALITY, SIDE, Thing
from underpaint.training.recipes import _emoji

__all__ = ["PACKAGES", "STYLES", "Sets", "drawn_out", "held_out", "rendered", "things"]

PACKAGES = (
    *_emoji.PACKAGES,
    "@iconify-json/fluent-emoji-flat@1.2.6",
    "@iconify-json/noto@1.2.9",
    "@iconify-json/twemoji@1.2.5",
)

STYLES: Mapping[str, str] = {
    "3d render": "fluent-emoji-3d",
    "flat icon": "fluent-emoji-flat",
    "noto style": "noto",
    "twemoji style": "twemoji",
}
"""Where the pictures of a style are."""

LANGUAGES = ("de", "fr", "es", "it", "nl", "pt")
COMPONENTS, FLAGS = 2, 9  # Unicode's groups
TONES = 10
"""One of so many variants in another skin tone is taken, or a tenth of all would be hands."""

FLAG, TONED = 0.1, 0.2
"""How often a flag, and a thing in another skin tone, is shown, beside 1 for all else."""

HELD_OUT = 0.05
LIST = Path(__file__).with_name("held_out.txt")


def held_out() -> frozenset[str]:
    """Return what is not learnt from: codes of things, and STYLE/CODE of single pictures."""
    lines = LIST.read_text("utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def drawn_out(name: str) -> bool:
    """Return whether the lot falls on a thing or a picture, by its name: one in twenty."""
    return _lot(f"held out {name}") < HELD_OUT


def things(packages: Path) -> dict[Thing, float]:
    """Return what can be painted, with how often it is shown, in Unicode's order.

    Args:
        packages: where `_emoji.fetch` put them.
    """
    words = packages / "emojibase-data" / "package"
    elsewhere = [_labels(words / language / "data.json") for language in LANGUAGES]
    found: dict[Thing, float] = {}
    for entry in json.loads((words / "en" / "data.json").read_text("utf-8")):
        if entry.get("group") in (None, COMPONENTS):
            continue
        variants = [one for one in entry.get("skins", ()) if _lot(one["hexcode"]) < 1 / TONES]
        for one in (entry, *variants):
            thing = Thing(
                code=_code(one),
                name=_name(one["label"]),
                tags=tuple(entry.get("tags", ())),
                names=_elsewhere(one["hexcode"], elsewhere),
                people="skins" in entry,
            )
            rare = FLAG if entry["group"] == FLAGS else TONED if one is not entry else 1.0
            found[thing] = rare
    return found


def _labels(path: Path) -> dict[str, str]:
    """Return names by code, those of variants too."""
    entries: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    variants = [one for entry in entries for one in entry.get("skins", ())]
    return {one["hexcode"]: one["label"] for one in (*entries, *variants)}


def _elsewhere(hexcode: str, labels: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(_name(names[hexcode]) for names in labels if hexcode in names)


def _code(entry: Mapping[str, Any]) -> str:
    return str(entry["hexcode"]).lower().replace("-fe0f", "")


def _name(label: str) -> str:
    """Return a name that stands in a sentence."""
    lower = label.lower().replace("flag: ", "flag of ").replace("keycap: ", "keycap ")
    return lower.replace(": ", ", ")


def _lot(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32


@dataclass(frozen=True)
class Sets:
    """The pictures of all styles.

    Attributes:
        packages: where `_emoji.fetch` put them.
    """

    packages: Path
    _opened: dict[str, Any] = field(default_factory=dict[str, Any])

    def picture(self, style: str, code: str) -> bytes | None:
        """Return a thing's picture as a WebP file of 256x256, None if the set has none.

        Args:
            style: a key of `STYLES`.
            code: of the thing.

        Raises:
            TrainingError: `resvg_py` is not installed.
        """
        if style == "3d render":
            return self._rendered_before(code)
        drawing = self._drawing(style, code)
        return None if drawing is None else rendered(drawing).webp(QUALITY)

    def _rendered_before(self, code: str) -> bytes | None:
        folder = self.packages / STYLES["3d render"] / "package" / "assets"
        for path in (folder / f"{code}.webp", folder / f"{code}-fe0f.webp"):
            if path.is_file():
                return path.read_bytes()
        return None

    def _drawing(self, style: str, code: str) -> str | None:
        """Return an SVG file's text."""
        names, icons = self._icons(style)
        icon = icons["icons"].get(names.get(code, ""))
        if icon is None:
            return None
        width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
        space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        return f'<svg {space} viewBox="0 0 {width} {height}">{icon["body"]}</svg>'

    def _icons(self, style: str) -> tuple[dict[str, str], dict[str, Any]]:
        """Return names by code, and everything by name; read once."""
        if style not in self._opened:
            folder = self.packages / STYLES[style] / "package"
            names = json.loads((folder / "chars.json").read_text("utf-8"))
            short = {code.replace("-fe0f", ""): name for code, name in names.items()}
            self._opened[style] = short, json.loads((folder / "icons.json").read_text("utf-8"))
        return self._opened[style]

    def all(self, found: list[Thing]) -> Iterator[tuple[int, str, bytes]]:
        """Yield the place of each thing, a style, and its picture in it."""
        for place, thing in enumerate(found):
            for style in STYLES:
                picture = self.picture(style, thing.code)
                if picture is not None:
                    yield place, style, picture


def rendered(drawing: str) -> Image:
    """Return an SVG drawing as pixels, 256 by 256, with transparency.

    Args:
        drawing: the file's text.

    Raises:
        TrainingError: `resvg_py` is not installed.
    """
    try:
        import resvg_py  # noqa: PLC0415
    except ImportError as error:
        raise TrainingError(
            "resvg_py is not installed; `pip install underpaint[train]` brings it"
        ) from error
    drawn = resvg_py.svg_to_bytes(
        svg_string=drawing, width=SIDE, height=SIDE, skip_system_fonts=True
    )
    return Image.decode(bytes(drawn))
