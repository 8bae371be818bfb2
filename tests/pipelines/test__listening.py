"""From prompts to estimates: what is encoded, when it is heard, and how texts come together."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.guidance import guided
from underpaint.errors import UnknownEntryError
from underpaint.families._heard import Conditioning
from underpaint.families._model import Model
from underpaint.pipelines._listening import Listener
from underpaint.requests.image import ImageRequest

REQUEST = ImageRequest(prompt="a fox", negative="rain", steps=4, seed=7, variation_seed=0, batch=1)
SIGMA = torch.tensor(2.0)


@pytest.fixture
def x() -> Tensor:
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def encoded(model: Model, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that the model encodes, as it does so."""
    texts: list[str] = []
    encode = model.encode_text

    def counted(text: str, **options: Any) -> Conditioning:
        texts.append(text)
        return encode(text, **options)

    monkeypatch.setattr(model, "encode_text", counted)
    return texts


def heard(
    request: ImageRequest, model: Model, x: Tensor, calls: int = 4
) -> list[tuple[Tensor, ...]]:
    """Return the estimates of a walk's calls, all asked about the same latent."""
    listener = Listener(request, model)
    estimates = listener.estimates(listener.plan(request))
    return [estimates(x, SIGMA) for _ in range(calls)]


def spelt_out(model: Model, x: Tensor, *texts: str) -> tuple[Tensor, ...]:
    return model.estimates(*map(model.encode_text, texts))(x, SIGMA)


def same(found: tuple[Tensor, ...], wanted: tuple[Tensor, ...]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_a_plain_prompt_is_heard_as_it_is(model: Model, x: Tensor, encoded: list[str]) -> None:
    found = heard(REQUEST, model, x)
    assert encoded == ["a fox", "rain"]
    wanted = spelt_out(model, x, "a fox", "rain")
    assert all(same(call, wanted) for call in found)


def test_without_guidance_the_negative_is_not_read(
    model: Model, x: Tensor, encoded: list[str]
) -> None:
    listener = Listener(REQUEST, model)
    found = listener.estimates(listener.plan(REQUEST), guided=False)(x, SIGMA)
    assert encoded == ["a fox"]
    assert same(found, spelt_out(model, x, "a fox"))


def test_texts_change_with_the_calls(model: Model, x: Tensor, encoded: list[str]) -> None:
    request = replace(REQUEST, prompt="a [fox:dog:2]", negative="[rain|sun]")
    found = heard(request, model, x)
    assert sorted(encoded) == ["a dog", "a fox", "rain", "sun"]
    wanted = [("a fox", "rain"), ("a fox", "rain"), ("a fox", "sun"), ("a dog", "rain")]
    for call, texts in zip(found, wanted, strict=True):
        assert same(call, spelt_out(model, x, *texts))


def test_every_walk_begins_anew(model: Model, x: Tensor, encoded: list[str]) -> None:
    request = replace(REQUEST, prompt="[fox:dog:2]")
    listener = Listener(request, model)
    walks = [listener.estimates(listener.plan(request)) for _ in range(2)]
    first, second = ([walk(x, SIGMA) for _ in range(4)] for walk in walks)
    assert len(encoded) == 3
    assert all(same(one, other) for one, other in zip(first, second, strict=True))


def test_samplers_that_look_ahead_have_twice_the_calls(model: Model) -> None:
    request = replace(REQUEST, prompt="[a:b:0.5], [c:d:2]")
    said = Listener(request, model).plan(request, calls=2)
    assert [said.at(call)[0] for call in (2, 4, 5, 7)] == ["a, c", "a, d", "b, d", "b, d"]
    passed = Listener(request, model).plan(replace(request, prompt="[a:b:20]"), calls=2, passed=8)
    assert [said.end for said in passed.parts[0]] == [4, 8]


def test_a_text_keeps_its_contexts_as_it_changes(model: Model, x: Tensor) -> None:
    """A short stage beside a long one is filled up with empty contexts."""
    request = replace(REQUEST, prompt=f"[fox:{'cat ' * 80}:2]")
    found = heard(request, model, x)
    long, short = model.encode_text("cat " * 80), model.encode_text("fox")
    filled = model.lengthened(short, 2 * 77)
    for call, text in ((0, filled), (3, long)):
        wanted = model.estimates(text, model.encode_text("rain"))(x, SIGMA)
        assert same(found[call], wanted)


def test_joined_prompts_lean_by_their_weights(model: Model, x: Tensor) -> None:
    request = replace(REQUEST, prompt="a fox :1.2 AND [dog:cat:1] :-0.5")
    listener = Listener(request, model)
    denoise = guided(listener.estimates(listener.plan(request)), 7.0)
    for second in ("dog", "dog", "cat"):
        fox, other, rain = spelt_out(model, x, "a fox", second, "rain")
        wanted = rain + 7 * 1.2 * (fox - rain) - 7 * 0.5 * (other - rain)
        assert torch.allclose(denoise(x, SIGMA), wanted, atol=1e-4)


def test_joined_prompts_need_the_negative_at_any_scale(model: Model, x: Tensor) -> None:
    request = replace(REQUEST, prompt="a fox AND a dog")
    listener = Listener(request, model)
    found = listener.estimates(listener.plan(request), guided=False)(x, SIGMA)
    assert len(found) == 2


def test_emphasis_and_clip_skip_are_the_requests(model: Model, x: Tensor) -> None:
    request = replace(REQUEST, prompt="a (fox:1.5)", emphasis="ignore", clip_skip=2)
    texts = [model.encode_text(text, clip_skip=2) for text in ("a fox", "rain")]
    assert same(heard(request, model, x)[0], model.estimates(*texts)(x, SIGMA))


def test_chance_is_each_pictures_own(model: Model) -> None:
    request = replace(REQUEST, prompt="{a|b|c|d|e|f|g|h} __colour__", batch=8)
    listener = Listener(request, model, lines=lambda name: [name])
    said = [listener.plan(request.alone(index)).at(0)[0] for index in range(8)]
    assert len(set(said)) > 3
    assert all(text.endswith(" colour") for text in said)


def test_prompts_are_read_once_for_a_batch(model: Model) -> None:
    request = replace(REQUEST, batch=3)
    listener = Listener(request, model)
    first, *others = (listener.plan(request.alone(index)) for index in range(3))
    assert all(other is first for other in others)


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("<lora:ink:0.8>", "no 'ink' in loras; there are: none"),
        ("<hypernet:soft>", "no 'soft' in hypernets"),
        ("__colour__", "no 'colour' in wildcards"),
    ],
)
def test_what_there_is_not_is_told(model: Model, prompt: str, reason: str) -> None:
    with pytest.raises(UnknownEntryError, match=reason):
        Listener(REQUEST, model).plan(replace(REQUEST, prompt=prompt))
