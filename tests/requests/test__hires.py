"""The second pass: names that follow from others, sizes that follow, and what is refused."""

import pytest

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.requests import _hires


def test_names_left_out_are_those_of_the_first_pass() -> None:
    assert _hires.settled(None, None) == (None, None)
    assert _hires.settled(None, "Karras") == (None, "karras")
    assert _hires.settled("Euler a", None) == ("euler_ancestral", None)


def test_a_samplers_name_may_end_in_its_schedule() -> None:
    assert _hires.settled("DPM++ 2M Karras", None) == ("dpmpp_2m", "karras")
    assert _hires.settled("DPM++ 2M Karras", "karras") == ("dpmpp_2m", "karras")
    with pytest.raises(RequestError, match="asks for the schedule karras but schedule is beta"):
        _hires.settled("DPM++ 2M Karras", "beta")
    with pytest.raises(UnknownEntryError, match="no 'eular' in samplers"):
        _hires.settled("eular", None)


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        ((0, 0), None),
        ((1024, 1536), (1024, 1536)),
        ((1000, 0), (1000, 1496)),
        ((0, 1536), (1024, 1536)),
    ],
)
def test_a_side_follows_from_the_other(
    wanted: tuple[int, int], size: tuple[int, int] | None
) -> None:
    assert _hires.size((512, 768), wanted) == size


def test_what_cannot_be_is_refused() -> None:
    first, larger = (512, 512), (1024, 0)
    _hires.check(first, larger, strength=0.01, from_words=True)
    _hires.check(first, (0, 0), strength=0.0, from_words=False)
    with pytest.raises(RequestError, match="hires_width is 1024 and init is given"):
        _hires.check(first, larger, strength=0.5, from_words=False)
    with pytest.raises(RequestError, match=r"strength is 0; .* must be at least 0\.01"):
        _hires.check(first, larger, strength=0.0, from_words=True)
    with pytest.raises(RequestError, match="that makes 2048x4096, but each side must be between"):
        _hires.check((512, 1024), (2048, 0), strength=0.5, from_words=True)
