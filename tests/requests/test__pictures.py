"""What engines and the studio ask of any request for pictures."""

import pytest

from underpaint.media import Image
from underpaint.requests._pictures import PictureRequest
from underpaint.requests.grid import GridRequest
from underpaint.requests.image import ImageRequest
from underpaint.requests.loopback import LoopbackRequest
from underpaint.requests.upscale import UpscaleRequest

DOT = Image("L", 1, 1, b"a")
REQUESTS = (
    ImageRequest(batch=2, seed=-1),
    GridRequest(x="seed: -1, 3"),
    LoopbackRequest(init=DOT, loops=2),
    UpscaleRequest(init=DOT),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=["image", "grid", "loopback", "upscale"])
def test_every_such_request_can_be_resolved_and_taken_apart(request_: PictureRequest) -> None:
    drawn = request_.resolved(lambda: 7)
    assert drawn.resolved(lambda: 1 // 0) == drawn
    for index in range(drawn.batch):
        alone = drawn.alone(index)
        assert alone.batch == 1
        assert alone.alone(0) == alone
        assert alone.stem.isalnum()
    assert all(kind and name for kind, name in drawn.needs())
