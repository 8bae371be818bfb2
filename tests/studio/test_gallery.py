"""The gallery: nothing that was finished is lost, and everything is found again."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from underpaint import infotext
from underpaint.errors import MediaError, NotFoundError, RequestError
from underpaint.events import Finished
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio._database import Database
from underpaint.studio._tables import MIGRATIONS
from underpaint.studio.gallery import Gallery, Picture
from underpaint.studio.jobs import Job, Ticket
from underpaint.studio.queue import Queue

Make = Callable[..., Ticket]


class Painter:
    """Paints and keeps pictures, as the runner does."""

    def __init__(self, queue: Queue, gallery: Gallery, sketch: Image) -> None:
        self.queue, self.gallery, self.sketch = queue, gallery, sketch

    def claimed(self, ticket: Ticket) -> Job:
        self.queue.submit(ticket)
        job = self.queue.claim()
        assert job is not None
        return job

    def keep(self, job: Job, index: int = 0, request: ImageRequest | None = None) -> Picture | None:
        request = request or cast(ImageRequest, job.request)
        text = infotext.write(request, model_hash="", model_name=request.model)
        finished = Finished(self.sketch.with_text(text), 0, request)
        return self.gallery.keep(job, finished, index, self.gallery.stored(request))

    def painted(self, ticket: Ticket, request: ImageRequest | None = None) -> Picture:
        job = self.claimed(ticket)
        picture = self.keep(job, 0, request)
        self.queue.finish(job)
        assert picture is not None
        return picture


@pytest.fixture
def painter(queue: Queue, gallery: Gallery, sketch: Image) -> Painter:
    return Painter(queue, gallery, sketch)


def test_a_picture_is_a_file_and_what_is_known_of_it(
    painter: Painter, gallery: Gallery, ticket: Make, sketch: Image
) -> None:
    picture = painter.painted(ticket("a red fox"))
    assert gallery.picture(picture.id) == picture
    assert gallery.image(picture.id).pixels == sketch.pixels
    assert picture.request is not None
    assert picture.request.prompt == "a red fox"  # pyright: ignore[reportAttributeAccessIssue]
    assert (picture.width, picture.height, picture.model) == (64, 64, "tiny")
    assert picture.bytes == gallery.file(picture.id).stat().st_size
    assert picture.text.startswith("a red fox")
    assert painter.queue.job(picture.job).pictures == (picture.id,)
    assert [change.what for change in painter.queue.changes(0)][2] == "picture"


def test_no_picture_of_a_job_that_was_taken_away(
    painter: Painter, gallery: Gallery, ticket: Make, tmp_path: Path
) -> None:
    job = painter.claimed(ticket())
    painter.queue.cancel(job.id)
    assert painter.keep(job) is None
    assert gallery.listing() == ()
    assert list((tmp_path / "outputs").rglob("*.png")) == []


def test_a_picture_whose_row_was_lost_is_adopted_as_itself(
    painter: Painter, gallery: Gallery, ticket: Make, tmp_path: Path
) -> None:
    picture = painter.painted(ticket("a red fox"))
    with Database(tmp_path / "new.sqlite", MIGRATIONS) as database:
        again = Gallery(tmp_path / "outputs", database, Queue(database))
        assert again.adopted == 1
        found = again.picture(picture.id)
        assert (found.job, found.index, found.content) == (picture.job, 0, picture.content)
        assert again.listing("fox") == (found,)
        assert again.request(picture.id).prompt == "a red fox"  # pyright: ignore[reportAttributeAccessIssue]
        assert Gallery(tmp_path / "outputs", database, Queue(database)).adopted == 0


def test_painting_it_again_writes_the_same_file(
    painter: Painter, gallery: Gallery, ticket: Make, tmp_path: Path
) -> None:
    job = painter.claimed(ticket())
    painter.keep(job)
    before = [path.name for path in (tmp_path / "outputs").rglob("*.png")]
    with painter.gallery._database.change() as tables:  # a kill between the file and the row
        tables.execute("DELETE FROM pictures")
    painter.queue.give_back(job)
    again = painter.queue.claim()
    assert again is not None
    painter.keep(again)
    assert [path.name for path in (tmp_path / "outputs").rglob("*.png")] == before


def test_words_are_found_in_prompts_tags_and_models(
    painter: Painter, gallery: Gallery, ticket: Make, asked: Callable[..., ImageRequest]
) -> None:
    fox = painter.painted(ticket(), asked("a red fox, storm"))
    cat = painter.painted(ticket(), replace(asked("a black cat"), negative="dogs"))
    gallery.tag(cat.id, "for  grandma")

    def found(query: str) -> set[str]:
        return {picture.id for picture in gallery.listing(query)}

    assert found("fox") == found("RED stor") == {fox.id}
    assert found("dogs") == found("grandma") == found("black for") == {cat.id}
    assert found("tiny") == found("") == {fox.id, cat.id}
    assert found("fox cat") == set()
    for odd in ('"', "fox AND", "NEAR(", "a* OR b", "(", "-", "col:fox", "\0", "'; DROP"):
        found(odd)


def test_lists_are_narrowed_and_go_on(painter: Painter, gallery: Gallery, ticket: Make) -> None:
    pictures = [painter.painted(ticket(str(number))) for number in range(5)]
    gallery.star(pictures[1].id)
    gallery.tag(pictures[2].id, "sky")
    newest = gallery.listing(limit=2)
    assert [each.id for each in newest] == [pictures[4].id, pictures[3].id]
    assert len(gallery.listing(before=newest[-1].number)) == 3
    assert [each.id for each in gallery.listing(starred=True)] == [pictures[1].id]
    assert len(gallery.listing(starred=False)) == 4
    assert [each.id for each in gallery.listing(tag="sky")] == [pictures[2].id]
    assert len(gallery.listing(model="tiny")) == 5
    assert gallery.listing(model="other") == ()
    assert [each.id for each in gallery.listing(job=pictures[0].job)] == [pictures[0].id]
    assert gallery.star(pictures[1].id, starred=False).starred is False


def test_tags_come_and_go(painter: Painter, gallery: Gallery, ticket: Make) -> None:
    picture = painter.painted(ticket())
    gallery.tag(picture.id, "sky")
    assert gallery.tag(picture.id, "sky").tags == ("sky",)
    assert gallery.tag(picture.id, " blue\nsea ").tags == ("blue sea", "sky")
    assert gallery.tags() == {"blue sea": 1, "sky": 1}
    assert gallery.untag(picture.id, "sky").tags == ("blue sea",)
    assert gallery.listing("sky") == ()
    for bad in ("", " ", "a" * 65):
        with pytest.raises(MediaError, match="between 1 and 64 letters"):
            gallery.tag(picture.id, bad)


def test_a_deleted_picture_comes_back_until_it_is_purged(
    painter: Painter, gallery: Gallery, ticket: Make
) -> None:
    picture = painter.painted(ticket("a fox"))
    path = gallery.file(picture.id)
    assert gallery.delete(picture.id).deleted == pytest.approx(time.time(), abs=5)
    assert gallery.listing() == ()
    assert len(gallery.listing(deleted=True)) == 1
    assert gallery.purge(older_than=60) == 0
    assert gallery.restore(picture.id).deleted is None
    assert len(gallery.listing()) == 1

    gallery.delete(picture.id)
    assert gallery.purge(older_than=0) == 1
    assert not path.exists()
    assert gallery.listing("fox", deleted=True) == ()
    with pytest.raises(NotFoundError):
        gallery.picture(picture.id)


def test_a_sketch_is_kept_once_and_is_the_parent(
    painter: Painter,
    gallery: Gallery,
    ticket: Make,
    asked: Callable[..., ImageRequest],
) -> None:
    doodle = painter.sketch.resized(128, 128)
    request = replace(asked(), init=doodle, mask=doodle.grey(), strength=0.5)
    child = painter.painted(ticket(), request)
    assert gallery.keep_sketch(doodle).id == child.parent
    assert len(gallery.listing(kind="sketch")) == 2
    assert gallery.request(child.id) == request
    assert [each.id for each in gallery.children(child.parent)] == [child.id]
    [parent] = gallery.ancestors(child.id)
    assert (parent.kind, parent.id) == ("sketch", child.parent)


def test_a_sketch_keeps_its_text_and_one_without_is_any(gallery: Gallery, sketch: Image) -> None:
    texts = ("", "a fox", "a hen", "a fox", "")
    ids = [gallery.keep_sketch(sketch.with_text(text)).id for text in texts]
    assert ids[0] == ids[4] not in ids[1:3]
    assert ids[1] == ids[3] != ids[2]
    assert [gallery.image(id).text for id in ids] == list(texts)


def test_a_picture_whose_row_was_lost_knows_its_parent(
    painter: Painter,
    gallery: Gallery,
    ticket: Make,
    asked: Callable[..., ImageRequest],
    tmp_path: Path,
) -> None:
    doodle = painter.sketch.resized(128, 128)
    first = painter.painted(ticket(), replace(asked(), init=doodle))
    painter.sketch = painter.sketch.resized(32, 32)
    second = painter.painted(ticket(parent=first.id))
    with Database(tmp_path / "new.sqlite", MIGRATIONS) as database:
        again = Gallery(tmp_path / "outputs", database, Queue(database))
        assert [each.id for each in again.ancestors(second.id)] == [first.id, first.parent]
        assert again.request(first.id).init == doodle  # pyright: ignore[reportAttributeAccessIssue]
        assert again.request(second.id).init is None  # pyright: ignore[reportAttributeAccessIssue]


def test_a_picture_that_is_painted_over_is_the_parent(
    painter: Painter, gallery: Gallery, ticket: Make, asked: Callable[..., ImageRequest]
) -> None:
    first = painter.painted(ticket())
    request = replace(asked(), init=gallery.image(first.id))
    painter.sketch = painter.sketch.resized(32, 32)
    second = painter.painted(ticket(), request)
    assert second.parent == first.id
    assert gallery.listing(kind="sketch") == ()
    third = painter.painted(ticket(parent=second.id))
    assert [each.id for each in gallery.ancestors(third.id)] == [second.id, first.id]


def test_a_thumbnail_is_small_and_made_once(
    painter: Painter, gallery: Gallery, ticket: Make
) -> None:
    painter.sketch = painter.sketch.resized(600, 300)
    picture = painter.painted(ticket())
    small = Image.decode(gallery.thumbnail(picture.id, 100))
    assert (small.width, small.height) == (100, 50)
    gallery.file(picture.id).unlink()
    assert Image.decode(gallery.thumbnail(picture.id, 100)) == small
    with pytest.raises(NotFoundError, match="is gone"):
        gallery.thumbnail(picture.id, 200)
    with pytest.raises(MediaError, match="side is 9999; it must be between 16 and 1024"):
        gallery.thumbnail(picture.id, 9999)


@pytest.mark.parametrize("id", ["../outputs", "/etc/passwd", "", "a\0b", "x" * 5000])
def test_an_id_is_never_a_path(gallery: Gallery, id: str) -> None:
    for ask in (gallery.picture, gallery.file, gallery.image, gallery.star, gallery.delete):
        with pytest.raises(NotFoundError, match="no picture"):
            ask(id)


def test_a_row_that_leads_out_is_not_followed(
    painter: Painter, gallery: Gallery, ticket: Make, database: Database
) -> None:
    picture = painter.painted(ticket())
    with database.change() as tables:
        tables.execute("UPDATE pictures SET path = '../../secret.png'")
    with pytest.raises(Exception, match="not the name of a file inside"):
        gallery.file(picture.id)


def test_a_picture_of_unknown_making_has_no_request(
    tmp_path: Path, database: Database, queue: Queue, sketch: Image
) -> None:
    (tmp_path / "other").mkdir()
    odd = sketch.with_text("made by hand\nSteps: many, Sampler: none of ours, Seed: x, Size: 1x1")
    (tmp_path / "other" / "mine.png").write_bytes(odd.png())
    gallery = Gallery(tmp_path / "other", database, queue)
    [picture] = gallery.listing()
    assert picture.request is None
    with pytest.raises(RequestError):
        gallery.request(picture.id)
