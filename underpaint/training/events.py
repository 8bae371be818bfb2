"""What a training run says besides the common events; who knows only those loses nothing."""

from dataclasses import dataclass

from underpaint.events import Progress, Started

__all__ = ["Learned", "Noted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned(Progress):
    """The weights changed once.

    Attributes:
        loss: mean over the pictures of this step; falls, noisily.
        learning_rate: of this step.
        rate: pictures learnt from a second, running mean.
        seconds_left: until the last step at this rate.
    """

    loss: float
    learning_rate: float
    rate: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Noted(Started):
    """Something a person should know; `what` is the sentence. The work goes on."""
