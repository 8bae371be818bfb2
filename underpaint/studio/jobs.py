"""What goes into the queue and what comes out of it, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from underpaint.events import Progress
from underpaint.requests._pictures import PictureRequest
from underpaint.studio._requests import Stored

__all__ = ["Change", "Job", "State", "Ticket", "What"]

State = Literal["queued", "running", "done", "failed", "cancelled"]
What = Literal["queued", "moved", "running", "picture", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What is handed in at the queue.

    Attributes:
        request: what to do, its seeds drawn.
        fingerprint: of the request as it was given, its seeds perhaps not drawn.
        client: who asks; keys and the limit on waiting jobs are each client's own.
        key: makes the job at most once; None = no matter.
        priority: higher ones go first.
        front: go before all others of this priority.
        deadline: unix time by which it must be done; None = whenever.
        parent: the id of the picture that this is made from; "" for none.
    """

    request: Stored
    fingerprint: str
    client: str = ""
    key: str | None = None
    priority: int = 0
    front: bool = False
    deadline: float | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What became of a request so far, as a value.

    Attributes:
        id: names it, for as long as anybody remembers.
        kind: what it makes, such as "image".
        state: where it is.
        request: what to do, seeds drawn, without its pictures.
        inputs: the ids of the request's pictures, by the names of their fields.
        client: who asked.
        key: what makes it the only one; None for none.
        priority: higher ones go first.
        position: how many go first; None when it does not wait.
        attempt: how often it was begun.
        sequence: the number of its last change.
        created: unix time.
        started: unix time of the last attempt; None = not yet.
        ended: unix time; None = not yet.
        deadline: unix time by which it must be done; None = whenever.
        pictures: the ids of what is ready, in the order of the batch.
        notes: what to know about how it was done, in sentences.
        error: why it failed, in one sentence; "" when it did not.
        error_kind: the error's class; "" when there was none.
        parent: the id of the picture that it is made from; "" for none.
        progress: how far it is; None when it has not said.
    """

    id: str
    kind: str
    state: State
    request: PictureRequest
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    client: str = ""
    key: str | None = None
    priority: int = 0
    position: int | None = None
    attempt: int = 0
    sequence: int = 0
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    deadline: float | None = None
    pictures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    error_kind: str = ""
    parent: str = ""
    progress: Progress | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will become of it."""
        return self.ended is not None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the queue's diary.

    Attributes:
        sequence: its number; later ones are higher.
        job: the id of the job that changed.
        what: the state it is in now; "moved", or "picture" when one more is ready.
        picture: the id of the picture that is ready; "" for other changes.
        at: unix time.
    """

    sequence: int
    job: str
    what: What
    picture: str
    at: float
