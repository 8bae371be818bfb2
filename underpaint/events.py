r"""What running work says while it runs: an engine's `run(request)` yields these, in this order.

Queued*  Started*  Progress*  Finished* (one a picture)
              \_________\__________ Failed at any point, and then nothing more
"""

from dataclasses import dataclass

from underpaint.errors import UnderpaintError
from underpaint.media import Image
from underpaint.requests._pictures import PictureRequest


@dataclass(frozen=True, slots=True)
class Queued:
    """The work waits.

    Attributes:
        position: how many go first, 0 or more.
    """

    position: int


@dataclass(frozen=True, slots=True)
class Started:
    """A stretch of work that reports no steps begins.

    Attributes:
        what: the stretch, in words a person reads: "loading mini".
    """

    what: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A step is done.

    Attributes:
        step: steps done, 1..steps.
        steps: steps there are in this stage.
        stage: which stretch of the work steps, "" for the painting itself.
        preview: the picture as it stands, small; None when none was asked for or is ready.
    """

    step: int
    steps: int
    stage: str = ""
    preview: Image | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A picture is ready.

    Attributes:
        media: the picture, its text inside.
        index: its place in the batch, from 0.
        request: what paints this picture again, alone: the seeds drawn, batch 1.
    """

    media: Image
    index: int
    request: PictureRequest


@dataclass(frozen=True, slots=True)
class Failed:
    """The work ends without (further) pictures.

    Attributes:
        error: why; its text is for the user, its class for the face that answers.
    """

    error: UnderpaintError


Event = Queued | Started | Progress | Finished | Failed
