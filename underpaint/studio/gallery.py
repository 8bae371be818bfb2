"""The gallery: every picture that was finished, how it was made, and what it was made from.

A picture is a PNG in the folder of outputs, and a row about it. The file is on the disk before the
row is, and a row that is missing is made again from its file when the gallery is opened: so a
picture is never lost, whatever happens to the database. Whoever asks names a picture by its id,
which is no path and leads nowhere else.

    outputs/2026-11-24/121530-1234-9f2c6d8e01b7a345-0.png   time, seed, job and place in its batch
    outputs/.studio/sketches/5d41402abc4b2a76b9719d91.png   what a request brought along, by content
"""

import contextlib
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

from underpaint import files, infotext
from underpaint.errors import MediaError, NotFoundError, StorageError
from underpaint.events import Finished
from underpaint.media import Image
from underpaint.requests._pictures import PictureRequest
from underpaint.studio import _adoption, _pictures
from underpaint.studio._database import Database
from underpaint.studio._pictures import Kind, Picture
from underpaint.studio._requests import Stored, content, stored
from underpaint.studio.jobs import Job
from underpaint.studio.queue import Queue

__all__ = ["Gallery", "Kind", "Picture"]

OWN = ".studio"
THUMBNAIL_SIDES = (16, 1024)
MAX_TAG = 64


class Gallery:
    """Pictures in a folder, and what is known about each in a database."""

    def __init__(self, folder: Path, database: Database, queue: Queue) -> None:
        """Open the gallery, and take in what the folder holds and the database does not know.

        Args:
            folder: of outputs; made if need be.
            database: where the tables are.
            queue: whose jobs the pictures come from.

        Raises:
            StorageError: the folder cannot be read or written.
        """
        self._folder = files.folder(folder)
        self._sketches = files.folder(folder / OWN / "sketches")
        self._thumbnails = files.folder(folder / OWN / "thumbnails")
        self._database, self._queue = database, queue
        self.adopted = self._adopt()

    def keep(self, job: Job, finished: Finished, index: int, made: Stored) -> Picture | None:
        """Keep one picture of a job that was claimed; None when the job was taken away meanwhile.

        Args:
            job: as it was claimed.
            finished: what was painted.
            index: its place in the batch of the job.
            made: the request that paints it alone, as it is kept.

        Raises:
            StorageError: it cannot be written.
        """
        parent = job.parent or made.inputs.get("init", "")
        media = _adoption.marked(finished.media, self.picture(parent).content if parent else "")
        data, path = media.png(), self._place(job, index, finished.request.stem)
        files.write(path, data)
        picture = replace(
            _pictures.described(media, made),
            id=f"{job.id}-{index}",
            path=path.relative_to(self._folder).as_posix(),
            job=job.id,
            index=index,
            parent=parent,
            bytes=len(data),
            created=time.time(),
        )
        with self._database.change() as tables:
            if self._queue.holds(tables, job):
                _pictures.insert(tables, picture)
                self._queue.note_picture(tables, job, picture.id)
                return _pictures.one(tables, picture.id)
        files.remove(path)
        return None

    def keep_sketch(self, image: Image) -> Picture:
        """Keep what a request brings along; the same pixels are kept once, as the same picture.

        A picture that was painted here and comes back as a sketch is itself, its text taken off or
        not; with another text it is another.

        Raises:
            StorageError: it cannot be written.
        """
        mark = content(image)
        known = self._database.rows(
            f"""{_pictures.PICTURE} WHERE content = ? AND deleted IS NULL AND ? IN ('', text)
                ORDER BY number LIMIT 1""",
            mark,
            image.text,
        )
        if known:
            return _pictures.of(known[0])
        name = _pictures.name(image)
        path, data = self._sketches / f"{name}.png", image.png()
        files.write(path, data)
        sketch = replace(
            _pictures.described(image, None),
            id=name,
            kind="sketch",
            path=path.relative_to(self._folder).as_posix(),
            bytes=len(data),
            created=time.time(),
        )
        with self._database.change() as tables, contextlib.suppress(sqlite3.IntegrityError):
            _pictures.insert(tables, sketch)  # unless somebody just did
        return self.picture(name)

    def picture(self, id: str) -> Picture:
        """Return what is known about a picture.

        Raises:
            NotFoundError: there is none of this id.
        """
        rows = self._database.rows(f"{_pictures.PICTURE} WHERE id = ?", id)
        if not rows:
            raise _pictures.no_picture(id)
        return _pictures.of(rows[0])

    def listing(  # noqa: PLR0913  each is one thing that a person narrows a list by
        self,
        query: str = "",
        *,
        kind: Kind = "picture",
        starred: bool | None = None,
        tag: str = "",
        model: str = "",
        parent: str = "",
        job: str = "",
        deleted: bool = False,
        before: int | None = None,
        limit: int = 50,
    ) -> tuple[Picture, ...]:
        """Return pictures, newest first.

        Args:
            query: words that must all occur, or begin a word, in prompts, tags or the model's
                name; "" for any.
            kind: what was painted, or what was brought along.
            starred: only those with a star, or without; None for both.
            tag: only those with this tag; "" for any.
            model: only those of this model; "" for any.
            parent: only those made from this picture; "" for any.
            job: only those of this job; "" for any.
            deleted: those deleted and not yet gone, instead of all others.
            before: only those with a lower `number`, to go on in a list.
            limit: at most so many.
        """
        wanted = _pictures.Wanted(
            query, kind, starred, tag, model, parent, job, deleted, before, limit
        )
        query, values = wanted.query()
        return tuple(_pictures.of(row) for row in self._database.rows(query, *values))

    def image(self, id: str) -> Image:
        """Return a picture itself, its text inside.

        Raises:
            NotFoundError: there is none of this id.
            MediaError: its file is damaged.
        """
        return Image.read(self.file(id))

    def file(self, id: str) -> Path:
        """Return the file of a picture, to be sent and never to be shown.

        Raises:
            NotFoundError: there is none of this id, or its file is gone.
        """
        path = files.contained(self._folder, self.picture(id).path)
        if not path.is_file():
            raise NotFoundError(f"the file of picture {id!r} is gone")
        return path

    def thumbnail(self, id: str, side: int = 256) -> bytes:
        """Return a picture made small, as a WebP file.

        Args:
            id: which.
            side: pixels of the longer side, 16..1024; a smaller picture stays as it is.

        Raises:
            NotFoundError: there is none of this id, or its file is gone.
            MediaError: its file is damaged, or such a side is not made.
        """
        least, most = THUMBNAIL_SIDES
        if not least <= side <= most:
            raise MediaError(f"side is {side}; it must be between {least} and {most}")
        known = self._thumbnails / f"{self.picture(id).content}-{side}.webp"
        if known.is_file():
            return known.read_bytes()
        data = _pictures.shrunken(self.image(id), side).with_text("").webp()
        files.write(known, data)
        return data

    def request(self, id: str) -> PictureRequest:
        """Return what paints a picture again, with the pictures it was made from.

        Raises:
            NotFoundError: there is none of this id, or what it was made from is gone.
            RequestError: it was made otherwise; its text does not say how.
        """
        picture = self.picture(id)
        return Stored(picture.work, picture.asked(), picture.inputs).whole(self.image)

    def stored(self, request: PictureRequest) -> Stored:
        """Return a request as it is kept, and keep the pictures in it."""
        return stored(request, lambda image: self.keep_sketch(image).id)

    def star(self, id: str, starred: bool = True) -> Picture:
        """Mark a picture as a good one, or no more."""
        return self._change(id, "UPDATE pictures SET starred = ? WHERE id = ?", int(starred))

    def delete(self, id: str) -> Picture:
        """Put a picture out of sight; until it is purged it can be restored."""
        return self._change(id, "UPDATE pictures SET deleted = ? WHERE id = ?", time.time())

    def restore(self, id: str) -> Picture:
        """Bring a deleted picture back."""
        return self._change(id, "UPDATE pictures SET deleted = ? WHERE id = ?", None)

    def tag(self, id: str, tag: str) -> Picture:
        """Add a tag to a picture.

        Raises:
            NotFoundError: there is none of this id.
            MediaError: the tag is empty or longer than 64 letters.
        """
        tag = " ".join(tag.split())
        if not 1 <= len(tag) <= MAX_TAG:
            raise MediaError(f"tag is {tag[:80]!r}; it must have between 1 and {MAX_TAG} letters")
        return self._tagged(id, "INSERT OR IGNORE INTO tags (picture, tag) VALUES (?, ?)", tag)

    def untag(self, id: str, tag: str) -> Picture:
        """Take a tag from a picture, if it has it."""
        return self._tagged(id, "DELETE FROM tags WHERE picture = ? AND tag = ?", tag)

    def tags(self) -> dict[str, int]:
        """Return the tags there are, and how many pictures have each."""
        rows = self._database.rows(
            """SELECT tag, COUNT(*) FROM tags JOIN pictures ON number = picture
                WHERE deleted IS NULL GROUP BY tag ORDER BY tag"""
        )
        return {row[0]: row[1] for row in rows}

    def children(self, id: str) -> tuple[Picture, ...]:
        """Return the pictures that were made from a picture, newest first."""
        return self.listing(parent=id, limit=-1)

    def ancestors(self, id: str) -> tuple[Picture, ...]:
        """Return what a picture was made from, and that from, as far as it is known."""
        line = [self.picture(id)]
        while line[-1].parent and line[-1].parent not in {each.id for each in line}:
            try:
                line.append(self.picture(line[-1].parent))
            except NotFoundError:
                break
        return tuple(line[1:])

    def purge(self, older_than: float) -> int:
        """Remove for good what was deleted long ago; returns how many pictures.

        Args:
            older_than: seconds since it was deleted.

        Raises:
            StorageError: a file cannot be removed.
        """
        rows = self._database.rows(
            "SELECT id, path FROM pictures WHERE deleted <= ?", time.time() - older_than
        )
        for row in rows:
            files.remove(files.contained(self._folder, row["path"]))
            with self._database.change() as tables:
                _pictures.remove(tables, row["id"])
        return len(rows)

    def _place(self, job: Job, index: int, stem: str) -> Path:
        """Return where a picture of a job goes: at every attempt the same place."""
        when = time.localtime(job.created)
        folder = self._folder / time.strftime("%Y-%m-%d", when)
        if not folder.is_dir():
            files.folder(folder)
        return folder / f"{time.strftime('%H%M%S', when)}-{stem}-{job.id}-{index}.png"

    def _change(self, id: str, statement: str, value: float | None) -> Picture:
        with self._database.change() as tables:
            tables.execute(statement, (value, id))
            return _pictures.one(tables, id)

    def _tagged(self, id: str, statement: str, tag: str) -> Picture:
        with self._database.change() as tables:
            number = _pictures.one(tables, id).number
            tables.execute(statement, (number, tag))
            _pictures.index_tags(tables, number)
            return _pictures.one(tables, id)

    def _adopt(self) -> int:
        """Take in the files that have no row; returns how many."""
        known = {row["path"] for row in self._database.rows("SELECT path FROM pictures")}
        adopted = 0
        for path in _adoption.strangers(self._folder, self._sketches, known):
            with contextlib.suppress(MediaError, StorageError, sqlite3.IntegrityError):
                picture = self._rooted(_adoption.read(self._folder, path))
                with self._database.change() as tables:
                    _pictures.insert(tables, picture)
                adopted += 1
        return adopted

    def _rooted(self, picture: Picture) -> Picture:
        """Return a picture that was adopted, with what it was made from, if that is here."""
        mark = _adoption.origin(picture.text)
        rows = self._database.rows("SELECT id FROM pictures WHERE content = ? LIMIT 1", mark)
        if not rows:
            return picture
        id = rows[0]["id"]
        pairs = infotext.parts(picture.text)[2]
        painted_over = "Denoising strength" in pairs and "Postprocess upscaler" not in pairs
        return replace(picture, parent=id, inputs={"init": id} if painted_over else {})
