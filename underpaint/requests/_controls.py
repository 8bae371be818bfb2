"""What a picture is led by besides words: another picture, which a ControlNet follows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from annotated_types import Interval
from pydantic.dataclasses import dataclass

from underpaint.errors import RequestError
from underpaint.requests._fields import (
    STRICT,
    Choices,
    MaxBytes,
    Name,
    Picture,
    Request,
    Share,
)
from underpaint.requests._preprocessors import preprocessor_id, preprocessors, settings

MOST = 10
"""How many may lead one picture."""

Mode: TypeAlias = Literal["balanced", "prompt", "control"]
Placing: TypeAlias = Literal["stretch", "crop", "fill"]
Weight = Annotated[float, Interval(ge=0, le=2)]
Threshold = Annotated[float, Interval(ge=0, le=255)]
PreprocessorName = Annotated[str, Choices(preprocessors), MaxBytes(64)]

# Our ids and the labels of A1111's menus, in its order.
MODES: Mapping[Mode, str] = {
    "balanced": "Balanced",
    "prompt": "My prompt is more important",
    "control": "ControlNet is more important",
}
PLACINGS: Mapping[Placing, str] = {
    "stretch": "Just Resize",
    "crop": "Crop and Resize",
    "fill": "Resize and Fill",
}


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Control(Request):
    """A picture that leads, and the ControlNet that follows it.

    Raises:
        RequestError: a value is outside what is allowed; the sentence names it and the range.
        UnknownEntryError: there is no such preprocessor; lists those there are.
    """

    picture: Picture | None = None
    """The picture that leads; without one, the init picture does."""

    model: Name
    """The ControlNet, by name; it must be made for the family of the model that paints."""

    preprocessor: PreprocessorName = "none"
    """What is made of the picture first: nothing if it is drawn in white on black, or a map."""

    weight: Weight = 1.0
    """How strongly it leads; 0 is not at all."""

    start: Share = 0.0
    """After which share of the steps it begins to lead."""

    end: Share = 1.0
    """After which share of the steps it stops."""

    mode: Mode = "balanced"
    """What counts more where words and the picture differ: neither, prompt, or control."""

    resize: Placing = "crop"
    """How a picture of another size comes to this one: stretch, crop what stands out, or fill
    what is free with the colours of its edges."""

    threshold_a: Threshold | None = None
    """The preprocessor's first setting; by default what is usual for it."""

    threshold_b: Threshold | None = None
    """The preprocessor's second setting; by default what is usual for it."""

    def __post_init__(self) -> None:
        """Settle the preprocessor's name, then refuse what leads nowhere."""
        object.__setattr__(self, "preprocessor", preprocessor_id(self.preprocessor))
        if not self.model:
            raise RequestError("a control's model is ''; it must be the name of a ControlNet")
        if self.start > self.end:
            raise RequestError(
                f"a control's start is {self.start:g}; it must not be above its end, "
                f"which is {self.end:g}"
            )
        self._check_thresholds()

    @property
    def thresholds(self) -> tuple[float | None, float | None]:
        """Return what is said of the preprocessor's settings."""
        return self.threshold_a, self.threshold_b

    @property
    def leads(self) -> bool:
        """Whether it makes any difference."""
        return self.weight > 0

    def _check_thresholds(self) -> None:
        known = settings(self.preprocessor)
        for place, value in enumerate(self.thresholds):
            if value is None:
                continue
            name = f"a control's threshold_{'ab'[place]}"
            if place >= len(known):
                raise RequestError(
                    f"{name} is {value:g}; {self.preprocessor} has no such setting, leave it out"
                )
            least, most = known[place].least, known[place].most
            if not least <= value <= most:
                raise RequestError(
                    f"{name} is {value:g}; for {self.preprocessor} it must be between "
                    f"{least:g} and {most:g}"
                )


Controls: TypeAlias = tuple[Control, ...]


def check_controls(controls: Sequence[Control]) -> None:
    """Refuse more controls than a picture can follow.

    Raises:
        RequestError: there are more than 10.
    """
    if len(controls) > MOST:
        raise RequestError(f"there are {len(controls)} controls; it must be at most {MOST}")


def check_pictures(controls: Sequence[Control], *, init: bool) -> None:
    """Refuse a control without a picture to follow, such as one that was read from a text.

    Args:
        controls: of a request.
        init: there is an init picture, which leads where no other does.

    Raises:
        RequestError: a picture is missing.
    """
    for place, control in enumerate(controls):
        if control.leads and control.picture is None and not init:
            raise RequestError(
                f"controls[{place}] has no picture; give the one that {control.model!r} "
                "is to follow, or an init picture"
            )


def files(controls: Sequence[Control]) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each file that controls need."""
    yield from (("controlnets", control.model) for control in controls if control.leads)
