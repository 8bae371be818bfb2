"""What is shown of jobs and pictures."""

import json

import numpy

from underpaint import events
from underpaint.faces.api.views import JobView, NoticeView, PictureView, ProgressView, of_request
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio._feed import Notice
from underpaint.studio.gallery import Picture
from underpaint.studio.jobs import Job

REQUEST = ImageRequest(prompt="a fox", seed=1, variation_seed=2)
PROGRESS = events.Progress(3, 20, "", Image.of(numpy.zeros((8, 8, 3), numpy.uint8)))


def test_of_a_job_everything_but_its_key_is_shown() -> None:
    job = Job(id="a", kind="image", state="running", request=REQUEST, key="k", progress=PROGRESS)
    view = JobView.of(job)
    assert (view.id, view.state, view.error, view.parent) == ("a", "running", None, None)
    assert view.request["prompt"] == "a fox"
    assert view.progress == ProgressView(step=3, steps=20)
    assert "key" not in JobView.model_fields


def test_of_a_picture_its_place_is_not_shown() -> None:
    picture = Picture(
        id="a-0", width=8, height=8, content="c", path="/secret/a.png", stored=REQUEST.to_json()
    )
    view = PictureView.of(picture)
    assert "secret" not in view.model_dump_json()
    assert view.request is not None and view.request["seed"] == 1
    unknown = Picture(id="b", width=8, height=8, content="c")
    assert PictureView.of(unknown).request is None


def test_of_a_notice_the_preview_is_shown() -> None:
    view = NoticeView.of(Notice(0, "a", "progress", 1.5, "", PROGRESS))
    assert view.progress is not None and view.progress.preview is not None
    assert view.progress.preview.startswith("data:image/jpeg;base64,/9j/")
    assert NoticeView.of(Notice(7, "a", "done", 1.5)).progress is None


def test_a_request_is_shown_as_it_reads() -> None:
    assert ImageRequest.from_json(json.dumps(of_request(REQUEST))) == REQUEST
