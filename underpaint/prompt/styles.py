"""Styles: prompts kept under a name, in the styles.csv that AUTOMATIC1111 writes.

    name,prompt,negative_prompt
    ink,"ink drawing of {prompt}, cross-hatching",colour
    storm,dark clouds,

A style with {prompt} in it takes the prompt into its midst; any other is added behind a comma.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from underpaint.errors import RequestError, StorageError, UnknownEntryError
from underpaint.prompt._limits import bounded

MAX_BYTES = 2**20

_HERE = "{prompt}"


class Style(NamedTuple):
    """A style.

    Attributes:
        name: what it is asked for by.
        prompt: what it adds to a prompt; "" for nothing.
        negative: what it adds to the negative prompt.
    """

    name: str
    prompt: str
    negative: str


def read(path: Path) -> dict[str, Style]:
    """Return the styles of a file by name, in its order; none for a file that is not there.

    Lines without a name are passed over, and names that begin with "#", which head a group.

    Raises:
        StorageError: the file cannot be read, is no such table, or is larger than 1 MiB.
    """
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (OSError, ValueError, csv.Error) as error:
        raise StorageError(f"cannot read the styles in {str(path)!r}: {error}") from error
    if len(data) > MAX_BYTES:
        raise StorageError(f"{str(path)!r} is larger than {MAX_BYTES} bytes; styles are not")
    return {style.name: style for style in _styles(rows)}


def styled(prompt: str, negative: str, styles: Iterable[Style]) -> tuple[str, str]:
    """Return a prompt and a negative prompt with styles on them, one after the other.

    Raises:
        RequestError: they become longer than 16 KiB.
    """
    for style in styles:
        prompt = bounded(_joined(prompt, style.prompt))
        negative = bounded(_joined(negative, style.negative))
    return prompt, negative


def named(styles: Mapping[str, Style], names: Iterable[str]) -> tuple[Style, ...]:
    """Return the styles of these names.

    Raises:
        UnknownEntryError: there is no such style; lists those there are.
    """
    found: list[Style] = []
    for name in names:
        if name not in styles:
            raise UnknownEntryError("styles", name, tuple(styles))
        found.append(styles[name])
    return tuple(found)


def _styles(rows: Iterable[Mapping[str, str | None]]) -> Iterator[Style]:
    for row in rows:
        name = row.get("name") or ""
        if name and not name.startswith("#"):
            # Before negative prompts there were, the column was called "text".
            prompt = row.get("prompt") or row.get("text") or ""
            yield Style(name, prompt, row.get("negative_prompt") or "")


def _joined(prompt: str, style: str) -> str:
    if _HERE in style:
        if (style.count(_HERE) - 1) * len(prompt) > MAX_BYTES:
            raise RequestError(
                "a style repeats the prompt until it is too long; shorten the prompt"
            )
        return style.replace(_HERE, prompt)
    return ", ".join(text for text in (prompt.strip(), style.strip()) if text)
