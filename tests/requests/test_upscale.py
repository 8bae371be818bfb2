"""Requests for larger pictures."""

import pytest

from underpaint.errors import RequestError
from underpaint.media import Image
from underpaint.requests.upscale import UpscaleRequest

SKETCH = Image("RGB", 6, 4, bytes(72))


@pytest.mark.parametrize(
    ("values", "covering", "size"),
    [
        ({}, (12, 8), (12, 8)),
        ({"scale": 1.6}, (10, 6), (10, 6)),
        ({"width": 12}, (12, 8), (12, 8)),
        ({"height": 12}, (18, 12), (18, 12)),
        ({"width": 12, "height": 12}, (18, 12), (12, 12)),
        ({"width": 12, "height": 12, "crop": False}, (18, 12), (18, 12)),
        ({"scale": 0.05}, (1, 1), (1, 1)),
    ],
)
def test_a_size_is_a_factor_or_given(
    values: dict[str, float], covering: tuple[int, int], size: tuple[int, int]
) -> None:
    request = UpscaleRequest.from_json("{}") if not values else UpscaleRequest(**values)  # pyright: ignore[reportArgumentType]
    assert request.covering(6, 4) == covering
    assert request.size(6, 4) == size


def test_upscalers_are_known_by_label_and_files_are_needed() -> None:
    request = UpscaleRequest(upscaler="LANCZOS", second_upscaler="Sharp", second_visibility=0.25)
    assert list(request.mixed()) == [("lanczos", 0.75), ("Sharp", 0.25)]
    assert list(request.needs()) == [("upscalers", "Sharp")]
    assert list(UpscaleRequest(second_upscaler="Sharp").needs()) == []
    assert list(UpscaleRequest(upscaler="A", second_upscaler="B", second_visibility=1).needs()) == [
        ("upscalers", "B")
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"upscaler": "Latent (bicubic)"}, r"upscaler is 'Latent \(bicubic\)', which works on"),
        ({"second_upscaler": "latent"}, "second_upscaler is 'latent', which works on latents"),
        ({"scale": 9}, "scale is 9; it must be between 0.05 and 8"),
        ({"width": 9000}, "width is 9000; it must be between 0 and 8192"),
        (
            {"init": Image("L", 1, 8192, bytes(8192)), "width": 8192},
            "a picture of 1x8192 would become one of 8192x67108864; it must stay below 64 mega",
        ),
    ],
)
def test_what_enlarges_nothing_is_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        UpscaleRequest(**values)  # pyright: ignore[reportArgumentType]


def test_it_is_for_one_picture_and_has_no_seed() -> None:
    request = UpscaleRequest(init=SKETCH)
    assert request.resolved(lambda: 1 // 0) is request.alone(0) is request
    assert (request.batch, request.model, request.stem) == (1, "", "upscaled")
    assert UpscaleRequest.from_json(request.to_json()) == request
    with pytest.raises(RequestError, match="init is missing; it must be the picture to enlarge"):
        UpscaleRequest().resolved(lambda: 1)
