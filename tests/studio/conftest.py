"""A studio with a stub for its engine, in a folder of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio._database import Database
from underpaint.studio._requests import Stored, fingerprint, stored
from underpaint.studio._tables import MIGRATIONS
from underpaint.studio.app import Settings, Studio
from underpaint.studio.gallery import Gallery
from underpaint.studio.jobs import Ticket
from underpaint.studio.queue import Queue

Ask = Callable[..., ImageRequest]


@pytest.fixture
def asked() -> Ask:
    """Return what makes a small request, its seeds drawn."""

    def asked(prompt: str = "a fox", steps: int = 2, batch: int = 1, seed: int = 1) -> ImageRequest:
        return ImageRequest(
            prompt=prompt,
            model="tiny",
            steps=steps,
            batch=batch,
            seed=seed,
            variation_seed=1,
            width=64,
            height=64,
        )

    return asked


@pytest.fixture
def ticket(asked: Ask) -> Callable[..., Ticket]:
    """Return what makes a ticket for the queue."""

    def ticket(prompt: str = "a fox", **others: object) -> Ticket:
        request = asked(prompt)
        return Ticket(request=_stored(request), fingerprint=fingerprint(request), **others)  # pyright: ignore[reportArgumentType]

    return ticket


def _stored(request: ImageRequest) -> Stored:
    return stored(request, lambda _: "")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Return a database with the studio's tables."""
    with Database(tmp_path / "studio.sqlite", MIGRATIONS) as database:
        yield database


@pytest.fixture
def queue(database: Database) -> Queue:
    """Return an empty queue."""
    return Queue(database)


@pytest.fixture
def gallery(tmp_path: Path, database: Database, queue: Queue) -> Gallery:
    """Return an empty gallery."""
    return Gallery(tmp_path / "outputs", database, queue)


@pytest.fixture
def sketch() -> Image:
    """Return a small colour sketch."""
    return Image("RGB", 64, 64, bytes(range(256)) * 48)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings in a folder of the test's own."""
    values = {"outputs": tmp_path / "outputs", "models": (), "styles": tmp_path / "styles.csv"}
    return Settings(**values, engine="stub", grace=1.0, drain=5.0)


@pytest.fixture
def studio(settings: Settings) -> Iterator[Studio]:
    """Return a studio that works."""
    with Studio(settings) as studio:
        yield studio
