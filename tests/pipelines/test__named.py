"""What prompts name is found in folders, heard, told in pictures, and gone afterwards."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.errors import RequestError, UnknownEntryError, WeightsError
from underpaint.families import tiny
from underpaint.families._model import Model
from underpaint.pipelines._listening import Listener
from underpaint.pipelines._named import Named
from underpaint.prompt.tags import Tag
from underpaint.requests.image import ImageRequest
from underpaint.weights import checkpoint

REQUEST = ImageRequest(prompt="a fox", steps=2, seed=7, variation_seed=0, batch=1)
SIGMA = torch.tensor(2.0)
WIDTH = tiny.TEXT.width
TEXT = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"
QUERY = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"


def saved(path: Path, tensors: Mapping[str, Tensor], remarks: Mapping[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save(path, tensors, remarks)
    return path


def lora(
    path: Path, places: Iterable[str] = (TEXT, QUERY), *, seed: int = 1, **remarks: str
) -> Path:
    chance = torch.Generator().manual_seed(seed)
    sizes = {TEXT: WIDTH, QUERY: tiny.UNET.channels * tiny.UNET.multipliers[-1]}
    factors: dict[str, Tensor] = {}
    for place in places:
        factors[f"{place}.lora_up.weight"] = torch.randn(sizes[place], 2, generator=chance)
        factors[f"{place}.lora_down.weight"] = torch.randn(2, sizes[place], generator=chance)
    return saved(path, factors, remarks)


def embedding(path: Path, width: int = WIDTH, *, seed: int = 1) -> Path:
    chance = torch.Generator().manual_seed(seed)
    return saved(path, {"emb_params": torch.randn(2, width, generator=chance)}, {})


def heard(model: Model, prompt: str, *folders: Path) -> Tensor:
    """Return what the model estimates at once for a prompt."""
    request = replace(REQUEST, prompt=prompt)
    listener = Listener(request, model, folders=folders)
    estimates = listener.estimates(listener.plan(request), guided=False)
    return estimates(torch.ones(1, 4, 8, 8), SIGMA)[0]


def test_an_adapter_is_found_by_its_name_or_its_trainers(model: Model, tmp_path: Path) -> None:
    ink = lora(tmp_path / "Lora" / "wet" / "ink.safetensors", ss_output_name="My Ink")
    (tmp_path / "loras").mkdir()
    (tmp_path / "loras" / "cut.safetensors").write_bytes(b"cut")
    named = Named(model, [tmp_path])
    for name in ("wet/ink", "ink", "ink.safetensors", "My Ink"):
        (worn,) = named.worn([Tag("lora", name, ("0.5", "unet=2"))])
        assert worn[:3] == (ink, 0.5, 2.0)
    with pytest.raises(UnknownEntryError, match=r"no 'oil' in loras; there are: wet/ink, cut"):
        named.worn([Tag("lora", "oil")])
    with pytest.raises(RequestError, match="must be a number"):
        named.worn([Tag("lora", "ink", ("much",))])


def test_requests_do_not_leak_into_each_other(model: Model, tmp_path: Path) -> None:
    for seed, name in enumerate(("ink", "oil")):
        lora(tmp_path / "loras" / f"{name}.safetensors", seed=seed)
    embedding(tmp_path / "embeddings" / "umber.safetensors")
    prompts = ("fox", "fox<lora:ink>", "fox<lora:oil:0.5>", "fox<lora:ink:0:1>", "fox umber")
    alone = [heard(tiny.build(tiny.weights()), prompt, tmp_path) for prompt in prompts]
    assert not any(torch.equal(one, other) for one in alone for other in alone if one is not other)
    for turn in range(3):
        for place in range(len(prompts)):
            at = (place * (turn + 2)) % len(prompts)
            assert torch.equal(heard(model, prompts[at], tmp_path), alone[at])
    assert torch.equal(heard(model, "fox umber"), heard(tiny.build(tiny.weights()), "fox umber"))


def test_walks_in_turn_do_not_leak_into_each_other(model: Model, tmp_path: Path) -> None:
    """Two pictures may be on their way at once, a step of the one after a step of the other."""
    lora(tmp_path / "loras" / "ink.safetensors")
    x, walks = torch.ones(1, 4, 8, 8), []
    for prompt in ("fox", "fox<lora:ink>"):
        request = replace(REQUEST, prompt=prompt)
        listener = Listener(request, model, folders=[tmp_path])
        walks.append(listener.estimates(listener.plan(request), guided=False))
    for _ in range(2):
        for walk, prompt in zip(walks, ("fox", "fox<lora:ink>"), strict=True):
            assert torch.equal(walk(x, SIGMA)[0], heard(model, prompt, tmp_path))


def test_a_text_encoder_wears_adapters_too(model: Model, tmp_path: Path) -> None:
    lora(tmp_path / "loras" / "words.safetensors", [TEXT])
    found = [heard(model, f"fox{tag}", tmp_path) for tag in ("", "<lora:words>", "<lora:words:0>")]
    assert not torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_words_of_ones_own_are_heard_where_they_are_written(model: Model, tmp_path: Path) -> None:
    path = embedding(tmp_path / "embeddings" / "wet" / "Burnt_Umber.safetensors")
    named = Named(model, [tmp_path])
    for text in ("a (burnt_umber:1.2) fox", "BURNT_UMBER", "no, burnt _ umber"):
        (words,) = named.words(text)
        assert list(words) == ["Burnt_Umber"]
    for text in ("burnt umber", "burnt_umbers", ""):
        assert named.words(text) == ({},)
    (vectors,) = (words["Burnt_Umber"] for words in named.words("burnt_umber"))
    assert torch.equal(vectors, checkpoint.read(path).tensors["emb_params"])
    (reader,) = model.readers
    with reader.knowing({"burnt_umber": vectors}):
        wanted = model.estimates(model.encode_text("a burnt_umber fox"))
        assert torch.equal(
            wanted(torch.ones(1, 4, 8, 8), SIGMA)[0], heard(model, "a burnt_umber fox", tmp_path)
        )


def test_vectors_for_another_model_are_words(model: Model, tmp_path: Path) -> None:
    embedding(tmp_path / "embeddings" / "umber.safetensors", WIDTH + 1)
    assert Named(model, [tmp_path]).words("umber") == ({},)
    (tmp_path / "embeddings" / "ochre.pt").write_bytes(b"no embedding")
    assert Named(model, [tmp_path]).words("umber") == ({},)
    with pytest.raises(WeightsError, match="ochre"):
        Named(model, [tmp_path]).words("ochre")


def test_remarks_are_those_of_a1111(model: Model, tmp_path: Path) -> None:
    ink = lora(tmp_path / "loras" / "ink.safetensors")
    lora(tmp_path / "loras" / "oil.safetensors", sshs_model_hash="0123456789abcdef")
    umber = embedding(tmp_path / "embeddings" / "umber.safetensors")
    data = ink.read_bytes()
    numbers = data[8 + int.from_bytes(data[:8], "little") :]
    request = replace(REQUEST, prompt="fox <lora:ink:0.5> <lora:oil>", negative="[umber:fog:1]")
    listener = Listener(request, model, folders=[tmp_path])
    assert listener.remarks(listener.plan(request)) == {
        "Lora hashes": f"ink: {hashlib.sha256(numbers).hexdigest()[:12]}, oil: 0123456789ab",
        "TI hashes": f"umber: {hashlib.sha256(umber.read_bytes()).hexdigest()[:12]}",
    }
    plain = replace(REQUEST, prompt="a fox")
    assert listener.remarks(listener.plan(plain)) == {}
