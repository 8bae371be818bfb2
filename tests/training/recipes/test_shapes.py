"""The first model to train: its data is drawn, its request is whole."""

import json
from pathlib import Path

import pytest

from underpaint.events import Progress
from underpaint.media import Image
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import architecture
from underpaint.training.recipes.shapes import COLOURS, SHAPES, SIDE, drawn, prepare, request


def test_every_picture_is_what_its_caption_says(tmp_path: Path) -> None:
    steps = [
        event.step for event in prepare(tmp_path / "shapes", 18) if isinstance(event, Progress)
    ]
    assert steps == list(range(1, 19))
    lines = (tmp_path / "shapes" / "metadata.jsonl").read_text("utf-8").splitlines()
    captions = {entry["text"]: entry["file_name"] for entry in map(json.loads, lines)}
    assert len(captions) == len(COLOURS) * len(SHAPES)
    for caption, name in captions.items():
        pixels = Image.read(tmp_path / "shapes" / name).array()
        colours = {tuple(colour) for colour in pixels.reshape(-1, 3).tolist()}
        assert COLOURS[caption.split()[1]] in colours


@pytest.mark.parametrize(("shape", "share"), [("circle", 0.785), ("square", 1), ("triangle", 0.5)])
def test_shapes_cover_what_they_should(shape: str, share: float) -> None:
    pixels = drawn(shape, (0, 0, 0), 20.0, (SIDE / 2, SIDE / 2)).array()
    covered = float((255 - pixels[:, :, 0].astype(float)).sum()) / 255
    assert covered / 40**2 == pytest.approx(share, rel=0.05)


def test_the_request_is_whole_and_small() -> None:
    asked = request()
    assert TrainRequest.from_json(asked.to_json()) == asked
    assert len(asked.sample_prompts) == 18
    unet = architecture(asked, channels=3)["unet"]
    assert sum(weight.numel() for weight in unet.parameters()) < 3e6
