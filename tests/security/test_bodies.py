"""Bodies that break servers: each is refused in a sentence, and none is answered with a fault."""

import json
from itertools import product

import pytest
from starlette.testclient import TestClient

from underpaint.faces.a1111 import options

PAINT = "/sdapi/v1/txt2img"

RAW = (
    b"",
    b"null",
    b"[]",
    b"1",
    b'"a"',
    b"{",
    b"}",
    b"{]",
    b"nul",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"prompt": "\xff"}',
    b'{"prompt": "a\x00b", "steps": 1}',
    b'{"prompt": "\\ud800", "steps": 1}',
    b'{"prompt": "\\udc00\\ud800", "steps": 1}',
    b'{"cfg_scale": NaN}',
    b'{"cfg_scale": Infinity}',
    b'{"cfg_scale": -Infinity}',
    b'{"cfg_scale": 1e999}',
    b'{"cfg_scale": -1e999}',
    b'{"seed": 1e999}',
    b'{"override_settings": {"rho": NaN}}',
    b'{"seed": ' + b"9" * 5000 + b"}",
    b"[" * 10_000 + b"]" * 10_000,
    b'{"script_args": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b'{"alwayson_scripts": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    b'{"steps": 0, "steps": 0}',
    b'{"a": 1}{"b": 2}',
    b"--boundary\r\n\r\n",
    b"prompt=a&steps=1",
)

WRONG: dict[str, tuple[object, ...]] = {
    "seed": (2**64, -(2**63), 1.5, "x", [], {}, True and "1x"),
    "subseed": (2**64, -5, "x"),
    "subseed_strength": (-1, 2, "x"),
    "steps": (-1, 0, 1.5, 1e9, "x", [1]),
    "width": (0, 7, 100, 100_000, -8, 64.5, "x"),
    "height": (0, 7, 100, 100_000, -8, 64.5, "x"),
    "batch_size": (0, -1, 17, 1e9, "x"),
    "n_iter": (0, -1, 101, 1e9),
    "cfg_scale": (-1, 31, "x", []),
    "sampler_name": ("Euler zeta", "../x", "x" * 2000, ["Euler"]),
    "scheduler": ("Lunar", "x" * 2000),
    "prompt": ("x" * (16 * 2**10 + 1), ["a"], {}),
    "negative_prompt": ("ß" * (8 * 2**10 + 1),),
    "styles": ("x", ["no such style"], [1, {}]),
    "override_settings": ("x", [1], {"sd_model_checkpoint": "none such"}),
    "alwayson_scripts": (
        "x",
        {"a": "b"},
        {"a": {"args": [True]}},
        {f"s{i}": {} for i in range(65)},
    ),
    "script_name": ("x/y/z", "<script>"),
    "force_task_id": ("x" * 257,),
    "eta": ("x", -1, 2),
    "s_churn": (-1, "x"),
    "enable_hr": ("maybe", [1]),
    "infotext": (
        "a\nCFG scale: 99, Seed: 1, Size: 64x64",
        "a\nSteps: 1, Seed: 99999999999, Size: 1x1",
    ),
}


@pytest.mark.parametrize("body", RAW, ids=range(len(RAW)))
@pytest.mark.parametrize("path", [PAINT, "/v1/jobs", "/sdapi/v1/options", "/v1/images/generations"])
def test_broken_bodies_are_refused(page: TestClient, path: str, body: bytes) -> None:
    answer = page.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400, 422), answer.text[:200]
    assert json.loads(answer.text) is None or answer.status_code != 200 or path == PAINT
    if answer.status_code != 200:
        assert set(answer.json()) == {"error", "detail", "body", "errors"}
        assert answer.json()["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_json_must_say_that_it_is_json(page: TestClient, kind: str) -> None:
    """A form of another site's page can send these kinds without asking."""
    answer = page.post(PAINT, content=b'{"steps": 1}', headers={"Content-Type": kind})
    assert answer.status_code == 422


def test_wrong_values_are_refused_by_their_name(page: TestClient) -> None:
    cases = [(field, value) for field, values in WRONG.items() for value in values]
    assert len(cases) + 4 * len(RAW) >= 100
    for field, value in cases:
        answer = page.post(PAINT, json={"steps": 1, field: value})
        assert 400 <= answer.status_code < 500, (field, value, answer.text[:200])
        assert answer.json()["detail"], (field, value)


def test_every_option_refuses_every_wrong_type(page: TestClient) -> None:
    wrong = ("\r\nsecurity=off", {}, 1.5e300, [1])
    for (name, default), value in product(options.DEFAULTS.items(), wrong):
        body = {"override_settings": {name: value}, "steps": 1}
        answer = page.post(PAINT, json=body)
        assert answer.status_code in (404, 422), (name, default, value, answer.text[:300])


def test_safety_cannot_be_changed_while_it_runs(page: TestClient) -> None:
    for name, value in (
        ("api_enable_requests", True),
        ("api_forbid_local_requests", False),
        ("outdir_samples", "/etc"),
    ):
        answer = page.post("/sdapi/v1/options", json={name: value})
        assert answer.status_code == 422
        assert name in answer.json()["detail"]


def test_a_million_keys_are_passed_over(page: TestClient) -> None:
    body = "{" + ",".join(f'"k{number}":1' for number in range(200_000)) + ', "steps": 1}'
    headers = {"Content-Type": "application/json"}
    assert page.post(PAINT, content=body, headers=headers).status_code == 200


def test_a_body_too_large_is_refused_before_it_is_read(page: TestClient) -> None:
    answer = page.post(PAINT, content=b"{}", headers={"Content-Length": str(2**40)})
    assert answer.status_code == 413
    parts = (b" " * 2**20 for _ in range(70))
    assert (
        page.post(PAINT, content=parts, headers={"Content-Type": "application/json"}).status_code
        == 413
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "(" * 16_000,
        "[a:b:0.5]" * 1_500,
        "<lora:" * 2_000,
        "{a|b}" * 3_000,
        "\u200d🦊" * 2_000,
        "\ufeff\u202e",
    ],
)
def test_prompts_that_take_parsers_down_do_no_harm(page: TestClient, prompt: str) -> None:
    answer = page.post(PAINT, json={"prompt": prompt, "steps": 1})
    assert answer.status_code in (200, 422), answer.text[:200]
