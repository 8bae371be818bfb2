"""Requests at rest: what goes in comes out, with its pictures."""

from collections.abc import Callable
from dataclasses import replace

from underpaint.media import Image
from underpaint.requests._controls import Control
from underpaint.requests.image import ImageRequest
from underpaint.studio import _requests


def test_a_request_comes_out_as_it_went_in(
    asked: Callable[..., ImageRequest], sketch: Image
) -> None:
    mask, shelf = sketch.grey(), dict[str, Image]()

    def kept(image: Image) -> str:
        shelf[_requests.content(image)] = image
        return _requests.content(image)

    request = replace(asked(), init=sketch, mask=mask, strength=0.5)
    stored = _requests.stored(request, kept)
    assert stored.kind == "image"
    assert set(stored.inputs) == {"init", "mask"}
    assert len(stored.text) < 2_000
    assert stored.bare().init is None  # pyright: ignore[reportAttributeAccessIssue]
    assert stored.bare().strength == 0.5  # pyright: ignore[reportAttributeAccessIssue]
    assert stored.whole(shelf.__getitem__) == request


def test_the_pictures_that_lead_are_kept_apart_too(
    asked: Callable[..., ImageRequest], sketch: Image
) -> None:
    controls = (
        Control(model="scribble", picture=sketch, weight=0.5),
        Control(model="canny"),
        Control(model="depth", picture=sketch.grey()),
    )
    request, shelf = replace(asked(), init=sketch, controls=controls), dict[str, Image]()

    def kept(image: Image) -> str:
        shelf[_requests.content(image)] = image
        return _requests.content(image)

    stored = _requests.stored(request, kept)
    assert set(stored.inputs) == {"init", "controls.0.picture", "controls.2.picture"}
    assert len(shelf) == 2
    assert len(stored.text) < 3_000
    assert stored.bare().controls == tuple(replace(each, picture=None) for each in controls)  # pyright: ignore[reportAttributeAccessIssue]
    assert stored.whole(shelf.__getitem__) == request
    other = replace(request, controls=controls[:2])
    assert _requests.fingerprint(other) != _requests.fingerprint(request)


def test_equal_pixels_are_equal_whatever_their_text(sketch: Image) -> None:
    assert _requests.content(sketch) == _requests.content(Image.decode(sketch.png()))
    assert _requests.content(sketch) == _requests.content(sketch.with_text("a fox"))
    assert _requests.content(sketch) != _requests.content(sketch.resized(32, 128))
    assert _requests.content(sketch) != _requests.content(sketch.grey())


def test_a_fingerprint_is_the_requests_own(
    asked: Callable[..., ImageRequest], sketch: Image
) -> None:
    same = [asked(), asked(), replace(asked(), init=None)]
    other = [
        asked("a cat"),
        asked(seed=2),
        replace(asked(), init=sketch),
        replace(asked(), init=sketch.grey()),
        replace(asked(), init=sketch, mask=sketch.grey()),
    ]
    assert len({_requests.fingerprint(each) for each in same}) == 1
    assert len({_requests.fingerprint(each) for each in same + other}) == 1 + len(other)
