"""A1111's scripts: what a call's arguments come to, and what is refused."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.faces.a1111 import scripts
from underpaint.faces.a1111.payload import ImageToImage, Payload, TextToImage
from underpaint.media import Image
from underpaint.requests.grid import GridRequest
from underpaint.requests.image import ImageRequest
from underpaint.requests.loopback import LoopbackRequest

REQUEST = ImageRequest(prompt="a cat", seed=7, variation_seed=8, batch=1)
ON = ImageRequest(
    prompt="a cat", seed=7, variation_seed=8, batch=1, init=Image("RGB", 64, 40, bytes(7680))
)


def made(
    name: str, args: list[Any], request: ImageRequest = REQUEST, **fields: int
) -> tuple[Any, ...]:
    kind = TextToImage if request.init is None else ImageToImage
    payload = kind.model_validate({"script_name": name, "script_args": args, **fields})
    return scripts.made(payload, request, lambda name: name.removesuffix(".safetensors"))


def plot(*axes: Any) -> list[Any]:
    given = [part for axis in axes for part in axis]
    return [
        *given,
        *[0, "", []] * (3 - len(axes)),
        True,
        False,
        False,
        False,
        False,
        False,
        False,
        4,
        False,
    ]


def test_a_plot_is_a_grid() -> None:
    axes = (
        (4, "10-20 (+5)", []),
        ("Checkpoint name", "", ["a.safetensors", "b"]),
        (7, "cat, dog", []),
    )
    [grid] = made("X/Y/Z plot", plot(*axes))
    assert isinstance(grid, GridRequest)
    assert (grid.x, grid.z, grid.margin) == ("Steps: 10-20 (+5)", "Prompt S/R: cat, dog", 4)
    assert grid.y == "Checkpoint name: a, b"
    assert (grid.shape, grid.batch, grid.sheet_only) == ((3, 2, 2), 1, True)
    assert (grid.prompt, grid.seed) == ("a cat", 7)


@pytest.mark.parametrize(
    ("request_", "place", "name"),
    [
        (REQUEST, 9, "Sampler"),
        (REQUEST, 11, "Checkpoint name"),
        (ON, 9, "Sampler"),
        (ON, 10, "Checkpoint name"),
    ],
)
def test_axes_stand_at_their_places_in_the_menu(
    request_: ImageRequest, place: int, name: str
) -> None:
    [grid] = made("x/y/z plot", plot((place, "Euler", [])), request_)
    assert grid.x == f"{name}: Euler"


def test_older_forms_have_fewer_arguments() -> None:
    [grid] = made("x/y/z plot", [4, "1,2", [], 0, "", [], 0, "", [], False, True, False, False, 9])
    assert (grid.legend, grid.sheet_only, grid.batch, grid.margin) == (False, False, 3, 9)
    [grid] = made("x/y/z plot", [4, "1,2", []])
    assert (grid.legend, grid.sheet_only, grid.margin) == (True, True, 0)


def test_loopback_begins_anew_for_each_of_its_rounds() -> None:
    first, second = made("Loopback", [3, 0.25, "Lazy", "None"], ON, n_iter=2)
    assert isinstance(first, LoopbackRequest)
    assert (first.loops, first.final_strength, first.curve) == (3, 0.25, "lazy")
    assert (first.seed, second.seed) == (7, 10)


def test_outpainting_grows_to_the_sides_named() -> None:
    [grown] = made("Outpainting mk2", [None, 32, 8, ["left", "down"], 1.0, 0.05], ON)
    assert (grown.extend_left, grown.extend_down, grown.extend_right) == (32, 32, 0)
    assert (grown.width, grown.height) == (96, 72)
    assert (grown.mask_content, grown.mask_blur) == ("shaped", 8)
    [poor] = made("poor man's outpainting", [16, 4, 0, ["up"]], ON, batch_size=2)
    assert (poor.extend_up, poor.mask_content, poor.batch) == (16, "fill", 2)


def test_lines_are_prompts() -> None:
    found = made("prompts from file or textbox", [True, False, "start", "in oil\n\nin ink"])
    assert [one.prompt for one in found] == ["in oil a cat", "in ink a cat"]
    assert [one.seed for one in found] == [7, 8]
    found = made("prompts from file or textbox", [False, False, "end", "in oil\nin ink"])
    assert [(one.prompt, one.seed) for one in found] == [("a cat in oil", 7), ("a cat in ink", 7)]


def test_a_matrix_leaves_parts_out() -> None:
    request = ImageRequest(prompt="a cat | big | old", seed=7, variation_seed=8)
    found = made("prompt matrix", [False, True, "positive", "comma", 0], request)
    assert [one.prompt for one in found] == ["a cat", "a cat, big", "a cat, old", "a cat, big, old"]
    assert [one.seed for one in found] == [7, 8, 9, 10]


def test_soft_inpainting_sets_its_fields() -> None:
    args = [True, 1.5, 0.25, 8, 0.5, 1, 3]
    payload = Payload(alwayson_scripts={"Soft Inpainting": {"args": args}})
    assert tuple(scripts.soft(payload).values()) == (True, 1.5, 0.25, 8, 0.5, 1, 3)
    for off in ([], [False, 1], None):
        assert scripts.soft(Payload(alwayson_scripts={"soft inpainting": {"args": off}})) == {}
    assert scripts.soft(Payload(alwayson_scripts={"other": {"args": args}})) == {}


def test_another_script_is_none_of_these() -> None:
    assert made("", []) == made("sd upscale", []) == made("loopback", [2, 0.5, "Linear"]) == ()


@pytest.mark.parametrize(
    ("name", "args", "sentence"),
    [
        ("x/y/z plot", plot((99, "1", [])), "an axis has type 99; it must be between 0 and"),
        ("x/y/z plot", plot((4, "200", [])), "steps is 200; it must be between 1 and 150"),
        ("poor man's outpainting", [8, 4, 9], "masked content is '9'; it must be 0, 1, 2 or 3"),
        ("loopback", ["many"], "loops is 'many'; it must be a number"),
        ("prompts from file or textbox", [], "there are 0 prompts; there must be between"),
        ("prompts from file or textbox", [0, 0, "", "--steps 3"], "a line begins with '--'"),
    ],
)
def test_what_is_not_allowed_is_told(name: str, args: list[Any], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        made(name, args, ON)
    with pytest.raises(UnknownEntryError, match="no 'FP8 mode' in axes"):
        made("x/y/z plot", plot(("FP8 mode", "1", [])))


def test_a_plot_comes_back_over_http(script: TestClient) -> None:
    assert "x/y/z plot" in script.get("/sdapi/v1/scripts").json()["txt2img"]
    body = {"prompt": "a fox", "steps": 1, "width": 64, "height": 64, "script_name": "X/Y/Z plot"}
    args = plot(("Steps", "1, 2", []))
    told = script.post("/sdapi/v1/txt2img", json=body | {"script_args": args})
    assert told.status_code == 200, told.text
    assert len(told.json()["images"]) == 1
    args[10] = True
    assert (
        len(script.post("/sdapi/v1/txt2img", json=body | {"script_args": args}).json()["images"])
        == 3
    )
    refused = script.post("/sdapi/v1/txt2img", json=body | {"script_name": "sd upscale"})
    assert refused.status_code == 422
