"""What a worker process and its master say to each other, over a pipe: JSON and raw pixels.

Nothing that is read can be run, so a worker that a hostile model has taken over gains nothing by
what it says. One message is the length of its words, its words in JSON, the length of its pixels,
its pixels; lengths are four and eight bytes, the lowest first.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from underpaint import catalog, errors
from underpaint.errors import MediaError, UnderpaintError, WorkError
from underpaint.events import Event, Failed, Finished, Progress, Queued, Started
from underpaint.media import Image, Mode
from underpaint.requests._pictures import PictureRequest

__all__ = [
    "Message",
    "decoded",
    "encoded",
    "error_from",
    "error_words",
    "receive",
    "request_from",
    "request_words",
    "send",
]

Message = tuple[dict[str, Any], bytes]

MAX_WORDS = 512 * 2**20
MAX_PIXELS = 256 * 2**20

_LENGTHS = struct.Struct("<IQ")


def send(pipe: BinaryIO, words: Mapping[str, Any], pixels: bytes = b"") -> None:
    """Write one message.

    Raises:
        OSError: nobody is there to read it.
    """
    text = json.dumps(words).encode()
    pipe.write(_LENGTHS.pack(len(text), len(pixels)) + text)
    pipe.write(pixels)
    pipe.flush()


def receive(pipe: BinaryIO) -> Message | None:
    """Read one message; None when there will be no more.

    Raises:
        ValueError: what comes is no message.
    """
    head = pipe.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    size, pixels = _LENGTHS.unpack(head)
    if size > MAX_WORDS or pixels > MAX_PIXELS:
        raise ValueError(f"a message of {size} and {pixels} bytes is none of ours")
    text, rest = pipe.read(size), pipe.read(pixels)
    if len(text) < size or len(rest) < pixels:
        return None
    return json.loads(text), rest


def request_words(request: PictureRequest) -> dict[str, Any]:
    """Return a request in words."""
    kind = type(request).__module__.rpartition(".")[2]
    return {"kind": kind, "class": type(request).__name__, "request": request.to_json()}


def request_from(words: Mapping[str, Any]) -> PictureRequest:
    """Return the request in words.

    Raises:
        UnderpaintError: they are no request.
    """
    module = catalog.entry("underpaint.requests", words["kind"])
    return getattr(module, words["class"]).from_json(words["request"])


def encoded(event: Event) -> Message:
    """Return an event as a message."""
    match event:
        case Queued():
            return {"event": "queued", "position": event.position}, b""
        case Started():
            return {"event": "started", "what": event.what}, b""
        case Progress():
            words = {"event": "progress", "at": [event.step, event.steps, event.stage]}
            return words | _shape(event.preview), event.preview.pixels if event.preview else b""
        case Finished():
            words = {"event": "finished", "index": event.index} | _shape(event.media)
            return words, event.media.pixels
        case Failed():
            return {"event": "failed"} | error_words(event.error), b""


def decoded(message: Message, request: PictureRequest) -> Event:
    """Return the event in a message.

    Args:
        message: what `encoded` returned.
        request: what the event is about.

    Raises:
        ValueError: the message is no event.
    """
    try:
        return _event(*message, request)
    except (KeyError, TypeError, ValueError, MediaError) as error:
        raise ValueError(f"the worker said what is no event: {error!r}") from error


def _event(words: Mapping[str, Any], pixels: bytes, request: PictureRequest) -> Event:
    match words["event"]:
        case "queued":
            return Queued(int(words["position"]))
        case "started":
            return Started(str(words["what"]))
        case "progress":
            step, steps, stage = words["at"]
            return Progress(int(step), int(steps), str(stage), _picture(words, pixels))
        case "finished":
            return _finished(words, pixels, request)
        case "failed":
            return Failed(error_from(words))
        case other:
            raise ValueError(f"{str(other)[:60]!r}")


def _finished(words: Mapping[str, Any], pixels: bytes, request: PictureRequest) -> Finished:
    picture, index = _picture(words, pixels), int(words["index"])
    if picture is None or not 0 <= index < request.batch:
        raise ValueError(f"picture {index} of a batch of {request.batch}")
    return Finished(picture, index, request.alone(index))


def _shape(picture: Image | None) -> dict[str, Any]:
    if picture is None:
        return {}
    return {"size": [picture.mode, picture.width, picture.height], "text": picture.text}


def _picture(words: Mapping[str, Any], pixels: bytes) -> Image | None:
    if "size" not in words:
        return None
    mode, width, height = words["size"]
    return Image(cast(Mode, mode), int(width), int(height), pixels, str(words["text"]))


def error_words(error: UnderpaintError) -> dict[str, Any]:
    """Return an error in words: the name of its class, and what makes it anew."""
    parts = error.__reduce__()
    values = parts[1] if isinstance(parts, tuple) else (str(error),)
    return {"error": type(error).__name__, "values": list(values)}


def error_from(words: Mapping[str, Any]) -> UnderpaintError:
    """Return the error in words; one of a class that we do not know as `WorkError`."""
    found = getattr(errors, str(words["error"]), None)
    if isinstance(found, type) and issubclass(found, UnderpaintError):
        return found(*words["values"])
    return WorkError(" ".join(str(value) for value in words["values"]))
