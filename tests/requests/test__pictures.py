"""What engines and the studio ask of any request for pictures."""

import pytest

from underpaint.media import Image
from underpaint.requests._pictures import PictureRequest
from underpaint.requests.image import ImageRequest
from underpaint.requests.upscale import UpscaleRequest

REQUESTS = (ImageRequest(batch=2, seed=-1), UpscaleRequest(init=Image("L", 1, 1, b"a")))


@pytest.mark.parametrize("request_", REQUESTS, ids=["image", "upscale"])
def test_every_such_request_can_be_resolved_and_taken_apart(request_: PictureRequest) -> None:
    drawn = request_.resolved(lambda: 7)
    assert drawn.resolved(lambda: 1 // 0) == drawn
    for index in range(drawn.batch):
        alone = drawn.alone(index)
        assert alone.batch == 1
        assert alone.alone(0) == alone
        assert alone.stem.isalnum()
    assert all(kind and name for kind, name in drawn.needs())
