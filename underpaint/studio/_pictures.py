"""Rows of the table of pictures, within a change, and what is asked of them."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from underpaint import infotext
from underpaint.errors import NotFoundError
from underpaint.media import Image
from underpaint.requests._pictures import PictureRequest
from underpaint.studio._database import Value
from underpaint.studio._requests import Stored, bare, content

Kind = Literal["picture", "sketch"]

PICTURE = """SELECT *, (SELECT json_group_array(tag) FROM
    (SELECT tag FROM tags WHERE picture = pictures.number ORDER BY tag)) AS tags FROM pictures"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is known about a picture.

    Attributes:
        id: names it in every address; says nothing about where it is.
        kind: "picture" when it was painted, "sketch" when a request brought it along.
        number: later pictures have higher ones.
        job: the id of the job that painted it; "" when none is known.
        index: its place in the batch of that job, from 0.
        inputs: the ids of the pictures in its request, by the names of their fields.
        parent: the id of the picture that it was made from; "" for none.
        width: in pixels.
        height: in pixels.
        bytes: the size of its file.
        created: unix time.
        starred: somebody found it good.
        deleted: unix time at which it was put out of sight; None = it is not.
        tags: its tags, sorted.
        text: the text inside it.
        model: the name of the model that painted it; "" when it is not known.
        content: what is equal for equal pixels.
        path: its file, below the folder of outputs; for the gallery alone.
        work: the id of its request's class, such as "image".
        stored: its request in JSON, without pictures; "" when it is not known.
    """

    id: str
    kind: Kind = "picture"
    number: int = 0
    job: str = ""
    index: int = 0
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    parent: str = ""
    width: int
    height: int
    bytes: int = 0
    created: float = 0.0
    starred: bool = False
    deleted: float | None = None
    tags: tuple[str, ...] = ()
    text: str = ""
    model: str = ""
    content: str
    path: str = field(default="", repr=False)
    work: str = "image"
    stored: str = field(default="", repr=False)

    @property
    def request(self) -> PictureRequest | None:
        """What painted it, without the pictures in it; None when its text does not say."""
        return bare(self.work, self.stored) if self.stored else None

    def asked(self) -> str:
        """Return its request in JSON; the one that its text describes when none was kept.

        Raises:
            RequestError: its text describes none.
        """
        return self.stored or infotext.read(self.text).to_json()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of pictures is narrowed by; see `Gallery.listing`."""

    words: str
    kind: Kind
    starred: bool | None
    tag: str
    model: str
    parent: str
    job: str
    deleted: bool
    before: int | None
    limit: int

    def query(self) -> tuple[str, list[Value]]:
        """Return the query and its values."""
        conditions = list(self._conditions())
        where = " AND ".join(condition for condition, _ in conditions)
        values = [value for _, value in conditions if value is not None]
        return f"{PICTURE} WHERE {where} ORDER BY number DESC LIMIT ?", [*values, self.limit]

    def _conditions(self) -> Iterator[tuple[str, Value]]:
        yield "kind = ?", self.kind
        yield f"deleted IS {'NOT' if self.deleted else ''} NULL", None
        if self.before is not None:
            yield "number < ?", self.before
        if self.starred is not None:
            yield "starred = ?", int(self.starred)
        for name in ("model", "parent", "job"):
            if getattr(self, name):
                yield f"{name} = ?", getattr(self, name)
        if self.tag:
            yield "number IN (SELECT picture FROM tags WHERE tag = ?)", self.tag
        if searched := _searched(self.words):
            yield "number IN (SELECT rowid FROM words WHERE words MATCH ?)", searched


def described(image: Image, made: Stored | None) -> Picture:
    """Return what a picture and its request say about it."""
    return Picture(
        id="",
        width=image.width,
        height=image.height,
        content=content(image),
        text=image.text,
        work=made.kind if made else "image",
        stored=made.text if made else "",
        inputs=made.inputs if made else MappingProxyType({}),
        model=made.bare().model if made else "",
    )


def name(image: Image) -> str:
    """Return what a sketch is called: what its pixels make, and its text if it has one."""
    mark = content(image)
    if not image.text:
        return mark
    return hashlib.sha256(f"{mark}\n{image.text}".encode()).hexdigest()[: len(mark)]


def insert(tables: sqlite3.Connection, picture: Picture) -> None:
    """Add a row, and its words to what is searched."""
    values = {
        "id": picture.id,
        "kind": picture.kind,
        "path": picture.path,
        "job": picture.job,
        "place": picture.index,
        "work": picture.work,
        "request": picture.stored,
        "inputs": json.dumps(dict(picture.inputs)),
        "parent": picture.parent,
        "content": picture.content,
        "model": picture.model,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
        "text": picture.text,
        "created": picture.created or time.time(),
    }
    marks = ", ".join("?" * len(values))
    done = tables.execute(
        f"INSERT INTO pictures ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
    )
    if picture.stored:
        prompt, negative, _ = infotext.parts(picture.text)
        tables.execute(
            "INSERT INTO words (rowid, prompt, negative, model, tags) VALUES (?, ?, ?, ?, '')",
            (done.lastrowid, prompt, negative, picture.model),
        )


def index_tags(tables: sqlite3.Connection, number: int) -> None:
    """Let a picture be found by the tags that it has now."""
    [tags] = tables.execute(
        "SELECT COALESCE(group_concat(tag, ' '), '') FROM tags WHERE picture = ?", (number,)
    ).fetchone()
    done = tables.execute("UPDATE words SET tags = ? WHERE rowid = ?", (tags, number))
    if not done.rowcount:
        tables.execute("INSERT INTO words (rowid, tags) VALUES (?, ?)", (number, tags))


def remove(tables: sqlite3.Connection, id: str) -> None:
    """Remove a row and all that hangs on it."""
    number = one(tables, id).number
    tables.execute("DELETE FROM words WHERE rowid = ?", (number,))
    tables.execute("DELETE FROM pictures WHERE number = ?", (number,))


def one(tables: sqlite3.Connection, id: str) -> Picture:
    """Return the picture of an id.

    Raises:
        NotFoundError: there is none.
    """
    row = tables.execute(f"{PICTURE} WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise no_picture(id)
    return of(row)


def of(row: sqlite3.Row) -> Picture:
    """Return a row as a value."""
    return Picture(
        id=row["id"],
        kind=row["kind"],
        number=row["number"],
        job=row["job"],
        index=row["place"],
        inputs=json.loads(row["inputs"]),
        parent=row["parent"],
        width=row["width"],
        height=row["height"],
        bytes=row["bytes"],
        created=row["created"],
        starred=bool(row["starred"]),
        deleted=row["deleted"],
        tags=tuple(json.loads(row["tags"])),
        text=row["text"],
        model=row["model"],
        content=row["content"],
        path=row["path"],
        work=row["work"],
        stored=row["request"],
    )


def no_picture(id: str) -> NotFoundError:
    """Return the error that says that there is no such picture."""
    return NotFoundError(f"no picture {id[:60]!r} in the gallery")


def shrunken(image: Image, side: int) -> Image:
    """Return a picture whose longer side has at most so many pixels."""
    scale = side / max(image.width, image.height)
    if scale >= 1:
        return image
    return image.resized(max(1, round(image.width * scale)), max(1, round(image.height * scale)))


def _searched(words: str) -> str:
    """Return what finds all of the words, whatever characters are in them."""
    quoted = (word.replace('"', '""') for word in words.replace("\0", " ").split()[:32])
    return " ".join(f'"{word}"*' for word in quoted)
