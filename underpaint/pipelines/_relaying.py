"""A work made of other requests, carried out one after the other: what is told of each of them."""

from collections.abc import Generator, Iterator

from underpaint.events import Event, Failed, Finished, Progress

__all__ = ["relayed"]


def relayed(
    said: Iterator[Event], *, before: int, steps: int, total: int
) -> Generator[Event, None, Finished | None]:
    """Yield what is said of a request for one picture, with progress counted over the whole work.

    Args:
        said: of the request.
        before: steps of the work that are done.
        steps: that this request counts for.
        total: steps of the whole work.

    Returns:
        Its picture, which is not yielded; None if it failed, which is the last that is yielded.
    """
    finished: Finished | None = None
    for event in said:
        match event:
            case Progress():
                done = before + event.step * steps // event.steps
                yield Progress(done, total, event.stage, event.preview)
            case Finished():
                finished = event
            case Failed():
                yield event
                return None
            case _:
                yield event
    return finished
