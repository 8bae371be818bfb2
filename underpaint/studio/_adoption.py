"""Pictures that the gallery does not know yet: what their files alone tell about them."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Set
from dataclasses import replace
from pathlib import Path

from underpaint import infotext
from underpaint.errors import RequestError
from underpaint.media import Image
from underpaint.studio._pictures import Picture, described
from underpaint.studio._pictures import name as name_of
from underpaint.studio._requests import Stored

__all__ = ["marked", "origin", "read", "strangers"]

MAX_DEPTH = 4

_ORIGIN = "Init image hash"

_NAMED = re.compile(r"\d{6}-[0-9a-z]+-(?P<job>[0-9a-f]{16})-(?P<index>\d{1,4})\.png")


def strangers(folder: Path, sketches: Path, known: Set[str]) -> Iterator[Path]:
    """Yield the PNG files of a gallery that are not known, oldest first.

    Args:
        folder: of outputs, looked into four deep; hidden folders are passed over.
        sketches: the folder of what requests brought along.
        known: the files that are, below `folder`.
    """
    found = [*_walked(folder, MAX_DEPTH), *_walked(sketches, 0)]
    unknown = [path for path in found if path.relative_to(folder).as_posix() not in known]
    yield from sorted(unknown, key=lambda path: (path.stat().st_mtime, path.name))


def read(folder: Path, path: Path) -> Picture:
    """Return what a file tells about the picture in it.

    Args:
        folder: of outputs.
        path: the file, below it.

    Raises:
        MediaError: it is no picture.
    """
    image, name = Image.read(path), path.relative_to(folder).as_posix()
    sketch = name.startswith(".")
    named = _NAMED.fullmatch(path.name)
    picture = described(image, None if sketch else _made(image.text))
    own = hashlib.sha256(name.encode()).hexdigest()[:24]
    return replace(
        picture,
        kind="sketch" if sketch else "picture",
        id=name_of(image) if sketch else f"{named['job']}-{named['index']}" if named else own,
        job=named["job"] if named else "",
        index=int(named["index"]) if named else 0,
        path=name,
        bytes=path.stat().st_size,
        created=path.stat().st_mtime,
    )


def marked(image: Image, content: str) -> Image:
    """Return a picture whose text also says what it was made from.

    Args:
        image: the picture; one without a text says nothing.
        content: of the picture that it was made from; "" for none.
    """
    if not (content and image.text):
        return image
    return image.with_text(infotext.extended(image.text, {_ORIGIN: content}))


def origin(text: str) -> str:
    """Return the content of what a picture was made from, as its text says; "" for none."""
    return infotext.parts(text)[2].get(_ORIGIN, "")


def _made(text: str) -> Stored | None:
    """Return the request that a picture's text describes; None when it describes none."""
    if not text:
        return None
    with contextlib.suppress(RequestError):
        return Stored("image", infotext.read(text).to_json())
    return None


def _walked(folder: Path, depth: int) -> Iterator[Path]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False) and depth:
                yield from _walked(Path(entry), depth - 1)
            elif entry.name.endswith(".png") and entry.is_file(follow_symlinks=False):
                yield Path(entry)
