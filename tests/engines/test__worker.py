"""The worker: what it loads, what it keeps, and how it says that it cannot."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint import infotext
from underpaint.engines import _memory
from underpaint.engines._worker import Worker, family
from underpaint.errors import ModelNotFoundError, OutOfMemoryError, RequestError, WeightsError
from underpaint.events import Event, Failed, Finished, Progress, Started
from underpaint.families import tiny
from underpaint.families._model import Model
from underpaint.families._running import Inputs, Part, torch_runner
from underpaint.media import Image
from underpaint.networks.esrgan import Compact, CompactParams
from underpaint.pipelines import image
from underpaint.prompt.lines import Lines
from underpaint.requests.grid import GridRequest
from underpaint.requests.image import ImageRequest
from underpaint.requests.upscale import UpscaleRequest
from underpaint.weights import checkpoint, folder


def worker(*folders: Path, memory: int | None = None) -> Worker:
    return Worker(folders, device=torch.device("cpu"), dtype=torch.float32, memory=memory)


def request(model: str = "tiny", clip_skip: int = 1) -> ImageRequest:
    return ImageRequest(
        model=model,
        steps=1,
        width=64,
        height=64,
        seed=1,
        variation_seed=1,
        batch=1,
        clip_skip=clip_skip,
    )


def started(events: list[Event]) -> list[str]:
    return [event.what for event in events if isinstance(event, Started)]


def test_a_model_is_loaded_once_and_says_so() -> None:
    busy = worker()
    first, second = list(busy.run(request())), list(busy.run(request()))
    assert started(first) == ["loading tiny"]
    assert first[1:] == second
    assert isinstance(second[-1], Finished)
    assert busy.model("tiny") is busy.model("tiny")


class Standing:
    """Stands in for a program that runs networks with weights of its own."""

    def __init__(self) -> None:
        self.prepared: list[str] = []

    def __call__(self, part: Part, inputs: Inputs) -> Tensor:
        return torch_runner(part, inputs)

    def prepare(self, part: Part, inputs: Inputs) -> None:
        self.prepared.append(part.name)


def test_another_runner_is_prepared_once_for_each_model() -> None:
    runner = Standing()
    busy = Worker((), device=torch.device("cpu"), dtype=torch.float32, runner=runner)
    assert started(list(busy.run(request()))) == [
        "loading tiny",
        "preparing tiny; the first time takes minutes for a large model",
    ]
    assert runner.prepared == ["unet", "decoder", "encoder"]
    assert started(list(busy.run(request()))) == []
    assert runner.prepared == ["unet", "decoder", "encoder"]


def test_prompts_find_their_lines_beside_the_models(tmp_path: Path) -> None:
    (tmp_path / "wildcards").mkdir()
    asked = dataclasses.replace(request(), prompt="a __colour__ fox", guidance_scale=1.0)
    [*_, failed] = worker(tmp_path).run(asked)
    assert isinstance(failed, Failed)
    assert str(failed.error) == "no 'colour' in wildcards; there are: none"

    (tmp_path / "wildcards" / "colour.txt").write_text("red")
    [*_, done] = worker(tmp_path).run(asked)
    [*_, plain] = worker().run(dataclasses.replace(asked, prompt="a red fox"))
    assert isinstance(done, Finished)
    assert isinstance(plain, Finished)
    assert done.media.pixels == plain.media.pixels


def test_prompts_find_their_adapters_beside_the_models(tmp_path: Path) -> None:
    place = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"
    factors = {"up": torch.ones(32, 1), "down": torch.ones(1, 32)}
    named = {f"{place}.lora_{side}.weight": factor for side, factor in factors.items()}
    asked = dataclasses.replace(request(), prompt="a fox<lora:ink:0.5>", guidance_scale=1.0)
    [*_, failed] = worker(tmp_path).run(asked)
    assert isinstance(failed, Failed)
    assert str(failed.error) == "no 'ink' in loras; there are: none"

    (tmp_path / "Lora").mkdir()
    checkpoint.save(tmp_path / "Lora" / "ink.safetensors", named, {"sshs_model_hash": "0" * 64})
    busy, plain = worker(tmp_path), dataclasses.replace(asked, prompt="a fox")
    done = [list(busy.run(one))[-1] for one in (plain, asked, plain, asked)]
    pictures = [event.media for event in done if isinstance(event, Finished)]
    assert pictures[0] == pictures[2] != pictures[1] == pictures[3]
    assert 'Lora hashes: "ink: 000000000000", Version' in pictures[1].text


def test_a_model_in_a_file_is_of_the_family_that_knows_its_tensors(shelf: Path) -> None:
    model = worker(shelf).model("one")
    assert model.name == "one"
    assert family(checkpoint.read(shelf / "one.safetensors").shapes, "one") == "sd1"
    events = list(worker(shelf).run(request("one")))
    assert isinstance(events[-1], Finished)
    assert "Model: one" in events[-1].media.text


def test_an_autoencoder_beside_a_model_takes_the_place_of_its_own(shelf: Path) -> None:
    busy = worker(shelf)
    latent = torch.ones(1, 4, 8, 8)
    own = busy.model("two").decode(latent)
    tensors = {
        name.removeprefix("first_stage_model."): 2 * tensor
        for name, tensor in tiny.weights().tensors.items()
        if name.startswith("first_stage_model.decoder")
    }
    checkpoint.save(shelf / "one.vae.safetensors", _whole(tensors), {})
    assert not torch.equal(busy.model("one").decode(latent), own)


def test_a_request_names_the_autoencoder_and_the_picture_tells_it(shelf: Path) -> None:
    (shelf / "models" / "VAE").mkdir(parents=True)
    tensors = {
        name.removeprefix("first_stage_model."): 2 * tensor
        for name, tensor in tiny.weights().tensors.items()
        if name.startswith("first_stage_model.decoder")
    }
    checkpoint.save(shelf / "models" / "VAE" / "bright.safetensors", _whole(tensors), {})
    busy = worker(shelf)

    def painted(vae: str) -> Image:
        *_, last = busy.run(dataclasses.replace(request("one"), vae=vae))
        assert isinstance(last, Finished)
        return last.media

    usual, bright = painted("automatic"), painted("bright")
    assert painted("own").pixels == usual.pixels != bright.pixels
    assert infotext.parts(bright.text)[2]["VAE"] == "bright.safetensors"
    assert len(infotext.parts(bright.text)[2]["VAE hash"]) == 10
    assert "VAE" not in infotext.parts(usual.text)[2]
    assert painted(infotext.read(bright.text).vae).pixels == bright.pixels
    assert started(list(busy.run(dataclasses.replace(request("one"), vae="bright")))) == []


def _whole(changed: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    prefix = "first_stage_model."
    kept = tiny.weights().tensors
    return {name[len(prefix) :]: kept[name] for name in kept if name.startswith(prefix)} | changed


def test_a_diffusers_folder_paints_as_its_single_file_does(shelf: Path) -> None:
    folder.save(shelf / "three", checkpoint.read(shelf / "one.safetensors"))
    busy = worker(shelf)
    pictures = [list(busy.run(request(name)))[-1] for name in ("one", "three")]
    first, second = (event.media.pixels for event in pictures if isinstance(event, Finished))
    assert first == second


def test_the_models_used_last_are_kept(shelf: Path) -> None:
    size = _memory.taken(tiny.weights().shapes, torch.float32)
    busy = worker(shelf, memory=2 * size)
    one, two = busy.model("one"), busy.model("two")
    assert busy.model("one") is one
    busy.model("tiny")
    assert busy.model("one") is one
    assert busy.model("two") is not two


def test_a_model_larger_than_the_room_is_loaded_alone(shelf: Path) -> None:
    busy = worker(shelf, memory=1)
    one = busy.model("one")
    assert busy.model("one") is one
    busy.model("two")
    assert busy.model("one") is not one


def test_without_memory_the_rest_is_painted_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, asked = worker(), dataclasses.replace(request(), batch=3)
    whole = [event for event in busy.run(asked) if isinstance(event, Finished)]

    def generate(
        request: ImageRequest, model: Model, *, lines: Lines, folders: Sequence[Path]
    ) -> Iterator[Event]:
        for event in image_generate(request, model, lines=lines, folders=folders):
            if request.batch > 1 and isinstance(event, Finished) and event.index:
                raise MemoryError
            yield event

    image_generate = image.generate
    monkeypatch.setattr(image, "generate", generate)
    events = list(busy.run(asked))
    assert started(events) == [
        "memory ran out; painting the pictures one by one, without other models"
    ]
    assert [event for event in events if isinstance(event, Finished)] == whole


def test_without_memory_for_one_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def generate(
        request: ImageRequest, model: Model, *, lines: Lines, folders: Sequence[Path]
    ) -> Iterator[Event]:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")
        yield

    monkeypatch.setattr(image, "generate", generate)
    *_, last = worker().run(request())
    assert isinstance(last, Failed)
    assert isinstance(last.error, OutOfMemoryError)
    assert "not enough memory for one such picture by 'tiny'" in str(last.error)


def test_a_file_that_has_changed_is_loaded_again(shelf: Path) -> None:
    busy = worker(shelf)
    before = busy.model("one")
    os.utime(shelf / "one.safetensors", ns=(1, 1))
    assert busy.model("one") is not before


def test_what_a_person_can_put_right_is_an_event() -> None:
    [missing] = worker().run(request("nothing"))
    assert isinstance(missing, Failed)
    assert isinstance(missing.error, ModelNotFoundError)

    *_, skipped = worker().run(request(clip_skip=12))
    assert isinstance(skipped, Failed)
    assert isinstance(skipped.error, RequestError)


def test_a_fault_of_ours_is_not_hidden_in_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("underpaint.pipelines.image._groups", lambda said, device: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(worker().run(request()))


def test_a_file_of_no_family_is_refused(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "odd.safetensors", {"odd": torch.zeros(3)}, {})
    with pytest.raises(WeightsError, match=r"'odd' belongs to no family .* there are: sd1, .*tiny"):
        worker(tmp_path).model("odd")
    with pytest.raises(WeightsError, match="'these' belongs to no family"):
        family({"odd": (3,)}, "these")


def test_a_grid_is_painted_by_the_models_on_its_axes() -> None:
    grid = GridRequest(
        **{field: getattr(request(), field) for field in ("steps", "width", "height")},
        seed=1,
        variation_seed=1,
        x="Checkpoint name: tiny, mini",
    )
    events = list(worker().run(grid))
    assert started(events) == ["loading tiny", "loading mini"]
    pictures = [event.media for event in events if isinstance(event, Finished)]
    assert len(pictures) == 3
    alone = list(worker().run(grid.alone(0)))[-1]
    assert isinstance(alone, Finished)
    assert alone.media == pictures[0]


def test_a_request_for_no_model_loads_none(tmp_path: Path) -> None:
    (tmp_path / "ESRGAN").mkdir()
    network = Compact(CompactParams(channels=4, convolutions=1, enlarging=2))
    checkpoint.save(tmp_path / "ESRGAN" / "small.safetensors", network.state_dict(), {})
    picture = Image("RGB", 4, 2, bytes(range(24)))
    asked = UpscaleRequest(init=picture, upscaler="small", scale=2)
    [progress, done] = worker(tmp_path).run(asked)
    assert isinstance(progress, Progress)
    assert isinstance(done, Finished)
    assert (done.media.width, done.media.height, done.request) == (8, 4, asked)

    [missing] = worker().run(asked)
    assert isinstance(missing, Failed)
    assert isinstance(missing.error, ModelNotFoundError)
