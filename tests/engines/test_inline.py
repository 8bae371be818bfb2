"""The engine in this process, and the library's two functions."""

from pathlib import Path

import pytest
import torch

from underpaint.engines import inline
from underpaint.errors import ModelNotFoundError, RequestError
from underpaint.events import Finished, Started
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.requests.upscale import UpscaleRequest

REQUEST = ImageRequest(
    model="tiny", steps=1, width=64, height=64, seed=1, variation_seed=1, batch=1
)


def test_it_computes_with_the_threads_it_is_given() -> None:
    inline.Engine(threads=3)
    assert torch.get_num_threads() == 3
    torch.set_num_threads(1)
    inline.Engine()
    assert torch.get_num_threads() == 1


def test_it_paints_and_keeps_its_model() -> None:
    engine = inline.Engine(threads=1)
    [first, *_, last] = engine.run(REQUEST)
    assert isinstance(first, Started)
    assert isinstance(last, Finished)
    assert not any(isinstance(event, Started) for event in engine.run(REQUEST))
    assert engine.model("tiny").name == "tiny"


def test_it_refuses_what_is_not_there() -> None:
    with pytest.raises(RequestError, match="device is 'abacus'"):
        inline.Engine(device="abacus")


def test_the_library_paints_with_a_model_or_without(shelf: Path) -> None:
    model = inline.load("tiny")
    [with_model] = [e for e in inline.generate(REQUEST, model) if isinstance(e, Finished)]
    [without] = [e for e in inline.generate(REQUEST) if isinstance(e, Finished)]
    assert with_model == without
    assert inline.load("one", [shelf]).name == "one"


def test_the_library_draws_the_seeds_that_are_left_open() -> None:
    model, open_seed = inline.load("tiny"), ImageRequest(model="tiny", steps=1, width=64, height=64)
    done = [event for event in inline.generate(open_seed, model) if isinstance(event, Finished)]
    first = done[0].request.seed  # pyright: ignore[reportAttributeAccessIssue]
    assert [event.request.seed for event in done] == [(first + n) % 2**32 for n in range(4)]  # pyright: ignore[reportAttributeAccessIssue]


def test_the_library_enlarges_pictures() -> None:
    picture = Image("L", 2, 1, b"ab")
    request = UpscaleRequest(init=picture, upscaler="nearest")
    [done] = [event for event in inline.generate(request) if isinstance(event, Finished)]
    assert done.media.pixels == b"aabbaabb"


def test_the_library_raises_what_stands_in_the_way() -> None:
    with pytest.raises(ModelNotFoundError, match="no 'nothing' in models"):
        next(inline.generate(ImageRequest(model="nothing")))


def test_openvino_paints_what_torch_paints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    request = ImageRequest(
        model="tiny",
        prompt="a fox",
        steps=2,
        width=64,
        height=64,
        seed=1,
        variation_seed=1,
        batch=1,
    )
    engine = inline.Engine(device="openvino", dtype="float32", threads=1)
    first, second = list(engine.run(request)), list(engine.run(request))
    assert [event.what for event in first if isinstance(event, Started)] == [
        "loading tiny",
        "preparing tiny; the first time takes minutes for a large model",
    ]
    wanted = list(inline.Engine(device="cpu", threads=1).run(request))
    pictures = [
        events[-1].media.array().astype(int)
        for events in (first, second, wanted)
        if isinstance(events[-1], Finished) and isinstance(events[-1].media, Image)
    ]
    assert (pictures[0] == pictures[1]).all()
    difference = abs(pictures[0] - pictures[2])
    assert difference.any() and difference.mean() < 1
    assert len(list((tmp_path / "underpaint" / "openvino").glob("*/network.xml"))) == 3
