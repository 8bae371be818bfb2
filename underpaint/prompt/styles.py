"""Styles: prompts kept under a name, in the styles.csv that AUTOMATIC1111 writes.

    name,prompt,negative_prompt
    ink,"ink drawing of {prompt}, cross-hatching",colour
    storm,dark clouds,

A style with {prompt} in it takes the prompt into its midst; any other is added behind a comma.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from underpaint import files
from underpaint.errors import RequestError, StorageError, UnknownEntryError
from underpaint.prompt._limits import bounded

MAX_BYTES = 2**20
MAX_NAME = 200

_HERE = "{prompt}"
_COLUMNS = ("name", "prompt", "negative_prompt")


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
    return {row.name: row for row in _rows(path) if _is_style(row)}


def keep(path: Path, style: Style) -> None:
    """Write a style into a file: in the place of one of its name, else as the last.

    What else is in the file stays, such as the heads of groups; the file is made if there is none.

    Args:
        path: the file.
        style: its name has 1 to 200 letters on one line, and does not begin with "#".

    Raises:
        RequestError: no such name, a prompt of more than 16 KiB, or a file that would be too large.
        StorageError: the file cannot be read or written, or is no such table.
    """
    plain = style.name == style.name.strip() and style.name.isprintable()
    if not (plain and 1 <= len(style.name) <= MAX_NAME and not style.name.startswith("#")):
        raise RequestError(
            f"name is {style.name[:60]!r}; it must have 1 to {MAX_NAME} letters on one line, "
            'not begin with "#", and neither begin nor end with a blank'
        )
    bounded(style.prompt)
    bounded(style.negative)
    rows = _rows(path)
    known = [row.name == style.name for row in rows]
    rows = [style if same else row for row, same in zip(rows, known, strict=True)]
    _write(path, rows if any(known) else [*rows, style])


def drop(path: Path, name: str) -> None:
    """Take a style out of a file.

    Raises:
        UnknownEntryError: there is no such style; lists those there are.
        StorageError: the file cannot be read or written, or is no such table.
    """
    named(read(path), [name])
    _write(path, [row for row in _rows(path) if row.name != name])


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


def _rows(path: Path) -> list[Style]:
    """Return the lines of a file, whatever they are; none for a file that is not there.

    Raises:
        StorageError: it cannot be read, is no such table, or is larger than 1 MiB.
    """
    if not path.exists():
        return []
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (OSError, ValueError, csv.Error) as error:
        raise StorageError(f"cannot read the styles in {str(path)!r}: {error}") from error
    if len(data) > MAX_BYTES:
        raise StorageError(f"{str(path)!r} is larger than {MAX_BYTES} bytes; styles are not")
    return [_row(row) for row in rows]


def _row(row: Mapping[str, str | None]) -> Style:
    # Before negative prompts there were, the column was called "text".
    prompt = row.get("prompt") or row.get("text") or ""
    return Style(row.get("name") or "", prompt, row.get("negative_prompt") or "")


def _is_style(row: Style) -> bool:
    return bool(row.name) and not row.name.startswith("#")


def _write(path: Path, rows: Iterable[Style]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_COLUMNS, *rows])
    data = text.getvalue().encode("utf-8-sig")
    if len(data) > MAX_BYTES:
        raise RequestError(f"the styles would be larger than {MAX_BYTES} bytes; delete some first")
    files.write(path, data)


def _joined(prompt: str, style: str) -> str:
    if _HERE in style:
        if (style.count(_HERE) - 1) * len(prompt) > MAX_BYTES:
            raise RequestError(
                "a style repeats the prompt until it is too long; shorten the prompt"
            )
        return style.replace(_HERE, prompt)
    return ", ".join(text for text in (prompt.strip(), style.strip()) if text)
