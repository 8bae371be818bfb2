"""A grid of pictures: each by its own request, and then a sheet with all of them."""

from collections.abc import Callable, Iterator

from underpaint import infotext
from underpaint.events import Event, Finished
from underpaint.media import Image
from underpaint.pipelines._relaying import relayed
from underpaint.pipelines._sheet import Legend, sheet
from underpaint.requests.grid import GridRequest
from underpaint.requests.image import ImageRequest

__all__ = ["generate"]

SCRIPT = "X/Y/Z plot"


def generate(
    request: GridRequest, run: Callable[[ImageRequest], Iterator[Event]]
) -> Iterator[Event]:
    """Have the pictures of a grid painted, and put them on a sheet.

    Those of one model are painted one after the other, so that each is loaded once.

    Args:
        request: its seeds drawn.
        run: carries out the request of one picture.

    Yields:
        What `run` says, with `Progress` counted over the whole; each picture as it is ready,
        unless only the sheet is asked for; the sheet as the last. After a `Failed` nothing more.
    """
    cells = tuple(request.cells())
    models = list(dict.fromkeys(cell.model for cell in cells))
    total, before = sum(cell.steps for cell in cells), 0
    ready: dict[int, Image] = {}
    for index in sorted(range(len(cells)), key=lambda index: models.index(cells[index].model)):
        cell = cells[index]
        done = yield from relayed(run(cell), before=before, steps=cell.steps, total=total)
        if done is None:
            return
        ready[index] = done.media
        if not request.sheet_only:
            yield Finished(done.media, index, done.request)
        before += cell.steps

    pictures = [ready[index] for index in range(len(cells))]
    whole = sheet(pictures, legend(request), margin=request.margin)
    last = request.batch - 1
    yield Finished(whole.with_text(_text(request, pictures[0].text)), last, request.alone(last))


def legend(request: GridRequest) -> Legend:
    """Return what is written beside the pictures of a grid."""
    return Legend(
        *(
            [axis.label(index) if axis and request.legend else "" for index in range(count)]
            for axis, count in zip(request.axes, request.shape, strict=True)
        )
    )


def _text(request: GridRequest, first: str) -> str:
    """Return the text of a sheet: that of its first picture, and its axes as A1111 writes them."""
    pairs = {"Script": SCRIPT}
    for name, text, axis in zip(
        "XYZ", (request.x, request.y, request.z), request.axes, strict=True
    ):
        if axis is not None:
            pairs |= {f"{name} Type": axis.name, f"{name} Values": text.partition(":")[2].strip()}
    return infotext.extended(first, pairs)
