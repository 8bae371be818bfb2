"""The second, larger pass over a picture from words: what its fields settle to, and what fits."""

from underpaint.errors import RequestError
from underpaint.requests._samplers import AUTOMATIC, sampler_and_schedule, schedule_id

LEAST_STRENGTH = 0.01
LEAST, MOST = 64, 2048


def settled(sampler: str | None, schedule: str | None) -> tuple[str | None, str | None]:
    """Return the ids of the second pass's sampler and schedule; None is as in the first pass.

    Raises:
        UnknownEntryError: there is no such sampler or schedule.
        RequestError: the sampler's name ends in another schedule.
    """
    if sampler is not None:
        sampler, ending = sampler_and_schedule(sampler, schedule or AUTOMATIC)
        schedule = schedule if ending == AUTOMATIC else ending
    return sampler, None if schedule is None else schedule_id(schedule)


def size(first: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int] | None:
    """Return the size of the second pass; a side that follows is a multiple of 8.

    Args:
        first: width and height of the first pass.
        wanted: width and height asked for; a 0 follows from the other, two are no such pass.
    """
    if not any(wanted):
        return None
    width = wanted[0] or wanted[1] * first[0] // first[1] // 8 * 8
    height = wanted[1] or wanted[0] * first[1] // first[0] // 8 * 8
    return width, height


def check(
    first: tuple[int, int], wanted: tuple[int, int], *, strength: float, from_words: bool
) -> None:
    """Refuse a second pass that cannot be.

    Args:
        first: width and height of the first pass.
        wanted: width and height asked for; two of 0 are no such pass.
        strength: how far it goes.
        from_words: there is no picture to start from.

    Raises:
        RequestError: it is too large or too small, goes nowhere, or begins with a picture.
    """
    found = size(first, wanted)
    if found is None:
        return
    if not from_words:
        raise RequestError(
            f"hires_width is {wanted[0]} and init is given; "
            "the second pass is for pictures from words, so give one of the two"
        )
    if strength < LEAST_STRENGTH:
        raise RequestError(
            f"strength is {strength:g}; for the second pass of hires it must be at least "
            f"{LEAST_STRENGTH:g}"
        )
    if not all(LEAST <= side <= MOST for side in found):
        raise RequestError(
            f"hires_width is {wanted[0]} and hires_height is {wanted[1]}; "
            f"that makes {found[0]}x{found[1]}, but each side must be between {LEAST} and {MOST}"
        )
