"""Every error that this package raises on purpose, so that a caller may catch one class.

UnderpaintError
|-- RequestError (also a ValueError)
|   `-- UnknownEntryError
|-- MediaError
|-- WeightsError
|-- ModelNotFoundError
|-- NotFoundError
|-- ConflictError
|-- QueueFullError
|-- StorageError
|-- DownloadError
|-- TrainingError
`-- WorkError
    |-- CrashError
    |-- DeadlineError
    `-- OutOfMemoryError

The text of each is shown to people as it is: one sentence that names the value, what is allowed,
and, where it is not plain, the next thing to try.
"""

from collections.abc import Sequence
from typing import Self


class UnderpaintError(Exception):
    """Something that a person can put right; its text says what."""


class RequestError(UnderpaintError, ValueError):
    """A request asks for what is not allowed."""


class UnknownEntryError(RequestError):
    """A name that is not in a list of names; lists those there are.

    Attributes:
        kind: what the list holds, in the plural: "samplers".
        name: what was asked for.
        allowed: what could have been asked for, in the order it is shown.
    """

    def __init__(self, kind: str, name: str, allowed: Sequence[str]) -> None:
        """Say "no 'eular' in samplers; there are: dpmpp_2m, euler"."""
        super().__init__(f"no {name!r} in {kind}; there are: {', '.join(allowed) or 'none'}")
        self.kind = kind
        self.name = name
        self.allowed = tuple(allowed)

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, tuple[str, ...]]]:
        """Keep the parts when the error crosses to another process."""
        return type(self), (self.kind, self.name, self.allowed)


class MediaError(UnderpaintError):
    """A picture cannot be read or written."""


class WeightsError(UnderpaintError):
    """A file does not hold weights that we accept."""


class ModelNotFoundError(UnderpaintError):
    """There is no such model; lists those there are."""


class NotFoundError(UnderpaintError):
    """There is no job or picture of this id."""


class ConflictError(UnderpaintError):
    """What is asked for contradicts what was asked for before."""


class QueueFullError(UnderpaintError):
    """No more work can wait.

    Attributes:
        retry_after: seconds after which there is likely to be room, 1 or more.
    """

    def __init__(self, words: str, retry_after: int) -> None:
        """Say how many wait, and when to come again."""
        super().__init__(f"{words}; try again in {retry_after} s")
        self.words = words
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[Self], tuple[str, int]]:
        """Keep the parts when the error crosses to another process."""
        return type(self), (self.words, self.retry_after)


class StorageError(UnderpaintError):
    """A folder or disk cannot be read or written: it is full, or not ours to write."""


class DownloadError(UnderpaintError):
    """Something cannot be fetched: there is no network, or what came is not what was promised."""


class TrainingError(UnderpaintError):
    """Training cannot start, or cannot go on."""


class WorkError(UnderpaintError):
    """Work that was begun cannot be ended."""


class CrashError(WorkError):
    """The process that works has died, or was ended because it said nothing any more."""


class DeadlineError(WorkError):
    """Work was not done when it had to be."""


class OutOfMemoryError(WorkError):
    """There is not enough memory, even for the smallest pieces of the work."""
