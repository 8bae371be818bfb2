"""Pictures painted over again and again, each by its own request."""

from collections.abc import Callable, Iterator

from underpaint.events import Event, Finished
from underpaint.pipelines._relaying import relayed
from underpaint.requests.image import ImageRequest
from underpaint.requests.loopback import LoopbackRequest

__all__ = ["generate"]


def generate(
    request: LoopbackRequest, run: Callable[[ImageRequest], Iterator[Event]]
) -> Iterator[Event]:
    """Have the pictures of all loops painted, each over the one before.

    Args:
        request: its seeds drawn, and an init picture in it.
        run: carries out the request of one picture.

    Yields:
        What `run` says, with `Progress` counted over all loops; each loop's picture as it is
        ready, or only that of the loop asked for. After a `Failed` nothing more.
    """
    assert request.init is not None, "resolved() refuses a loopback without a picture"
    before, loops = request.init, request.loop or request.loops
    for number in range(loops):
        said, steps = run(request.step(number, before)), request.steps
        done = yield from relayed(said, before=number * steps, steps=steps, total=loops * steps)
        if done is None:
            return
        before = done.media
        if not request.loop or request.loop == number + 1:
            index = 0 if request.loop else number
            yield Finished(done.media, index, request.alone(index))
