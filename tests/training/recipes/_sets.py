"""Packages as npm unpacks them, with three things in them, one of which has skin tones."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.training._things import square
from underpaint.training.recipes._styles import LANGUAGES, STYLES

ENTRIES = [
    {"label": "banana", "hexcode": "1F34C", "group": 4, "tags": ["fruit", "yellow"]},
    {
        "label": "waving hand",
        "hexcode": "1F44B",
        "group": 1,
        "tags": ["hello"],
        "skins": [
            {"label": f"waving hand: tone {tone}", "hexcode": f"1F44B-1F3F{letter}"}
            for tone, letter in enumerate("BCDEF")
        ],
    },
    {"label": "flag: Chile", "hexcode": "1F1E8-1F1F1", "group": 9},
    {"label": "light skin tone", "hexcode": "1F3FB", "group": 2},
    {"label": "regional indicator A", "hexcode": "1F1E6"},
]
CODES = {"1f34c": "banana", "1f44b": "waving-hand"}


def _written(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")


def _foreign(entry: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {**entry, "label": f"{entry['label']} {language}"}


def unpacked(folder: Path) -> Path:
    """Write the packages; drawings are squares of a colour each."""
    words = folder / "emojibase-data" / "package"
    _written(words / "en" / "data.json", ENTRIES)
    for language in LANGUAGES:
        _written(words / language / "data.json", [_foreign(e, language) for e in ENTRIES])
    rendered = folder / STYLES["3d render"] / "package" / "assets"
    rendered.mkdir(parents=True)
    for code in (*CODES, "1f1e8-1f1f1"):
        (rendered / f"{code}.webp").write_bytes(square("yellow").webp(100))
    for colour, style in (("#d62828", "flat icon"), ("#3264d2", "noto style")):
        body = f'<rect x="4" y="4" width="24" height="24" fill="{colour}"/>'
        icons = {name: {"body": body} for name in CODES.values()}
        package = folder / STYLES[style] / "package"
        _written(package / "icons.json", {"icons": icons, "width": 32, "height": 32})
        _written(package / "chars.json", CODES)
    _written(folder / "twemoji" / "package" / "icons.json", {"icons": {}, "width": 36})
    _written(folder / "twemoji" / "package" / "chars.json", {})
    return folder
