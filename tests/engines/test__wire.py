"""What crosses between the processes comes out as it went in, and nonsense is refused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint import errors
from underpaint.engines import _wire
from underpaint.errors import QueueFullError, RequestError, UnknownEntryError, WorkError
from underpaint.events import Event, Failed, Finished, Progress, Queued, Started
from underpaint.media import Image
from underpaint.requests.image import ImageRequest

PICTURE = Image("RGB", 2, 1, b"\1\2\3\4\5\6", "a text, ünïcode")
REQUEST = ImageRequest(prompt="a fox", seed=4_294_967_295, variation_seed=1, batch=3)

EVENTS: list[Event] = [
    Queued(3),
    Started("loading mini"),
    Progress(1, 20),
    Progress(2, 20, "stage", Image("L", 1, 1, b"\7")),
    Finished(PICTURE, 2, REQUEST.alone(2)),
    Failed(RequestError("steps is 0")),
    Failed(UnknownEntryError("samplers", "eular", ("euler",))),
    Failed(QueueFullError("many wait", 3)),
]


def through(words: dict[str, object], pixels: bytes = b"") -> _wire.Message:
    pipe = io.BytesIO()
    _wire.send(pipe, words, pixels)
    pipe.seek(0)
    message = _wire.receive(pipe)
    assert message is not None
    assert _wire.receive(pipe) is None
    return message


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_come_out_as_they_went_in(event: Event) -> None:
    copy = _wire.decoded(through(*_wire.encoded(event)), REQUEST)
    if isinstance(event, Failed):
        assert isinstance(copy, Failed)
        assert type(copy.error) is type(event.error)
        assert str(copy.error) == str(event.error)
        assert vars(copy.error) == vars(event.error)
    else:
        assert copy == event


def test_requests_come_out_as_they_went_in() -> None:
    sketch = ImageRequest(prompt="a fox", init=PICTURE.with_text(""), seed=1, variation_seed=2)
    assert _wire.request_from(through(_wire.request_words(sketch))[0]) == sketch


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), st.binary(max_size=999))
def test_any_words_and_pixels_pass(words: dict[str, object], pixels: bytes) -> None:
    assert through(words, pixels) == (words, pixels)


def test_a_pipe_that_ends_in_a_message_has_no_more() -> None:
    pipe = io.BytesIO()
    _wire.send(pipe, {"event": "started"}, b"1234")
    for size in range(len(pipe.getvalue())):
        assert _wire.receive(io.BytesIO(pipe.getvalue()[:size])) is None


def test_what_claims_to_be_huge_is_not_waited_for() -> None:
    with pytest.raises(ValueError, match="none of ours"):
        _wire.receive(io.BytesIO(b"\xff" * 64))


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"event": "exec"},
        {"event": "progress"},
        {"event": "progress", "at": [1, 2, "", 3]},
        {"event": "finished", "index": 0},
        {"event": "finished", "index": 0, "size": ["RGB", 9, 9], "text": ""},
        {"event": "finished", "index": 7, "size": ["RGB", 2, 1], "text": ""},
    ],
)
def test_nonsense_is_no_event(words: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="worker"):
        _wire.decoded((words, PICTURE.pixels), REQUEST)


@pytest.mark.parametrize("name", ["SystemExit", "inspect", "Self", "NoSuchError"])
def test_only_our_own_errors_are_made(name: str) -> None:
    event = _wire.decoded(({"event": "failed", "error": name, "values": ["why"]}, b""), REQUEST)
    assert isinstance(event, Failed)
    assert type(event.error) is WorkError
    assert name not in vars(errors) or not isinstance(vars(errors)[name], type)
