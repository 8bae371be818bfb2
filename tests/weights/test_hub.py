"""Models are fetched whole or not at all, from a server that speaks the hub's protocol."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from tests.weights.conftest import COMMIT, Hub
from underpaint.errors import DownloadError, ModelNotFoundError, StorageError
from underpaint.families import tiny
from underpaint.weights import checkpoint, folder, shelf
from underpaint.weights import hub as client

DATA = bytes(range(256)) * 8000


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def visible(models: Path) -> list[str]:
    """Return what a person would see as models."""
    return [book.name for book in shelf.listing([models]) if not book.embedded]


def test_a_file_is_fetched_checked_and_kept(hub: Hub, models: Path) -> None:
    hub.repositories["me/fox"] = {"fox.safetensors": DATA, "README.md": b"hello"}
    noted: list[str] = []
    path = client.pull("me/fox", models, mirror=hub.url, note=noted.append)
    assert path == models / "fox.safetensors"
    assert path.read_bytes() == DATA
    assert visible(models) == ["fox"]
    assert noted[-1] == "fox.safetensors 100 %"
    assert [path.name for path in models.iterdir()] == ["fox.safetensors"]  # no leavings

    hub.asked.clear()
    assert client.pull("me/fox/fox.safetensors", models, mirror=hub.url) == path
    assert [path for _, path, *_ in hub.asked] == ["/api/models/me/fox?blobs=true"]


def test_a_file_in_a_folder_of_a_repository_gets_its_own_name(hub: Hub, models: Path) -> None:
    hub.repositories["me/fox"] = {"old/v1/fox.ckpt": DATA, "b.safetensors": b"b"}
    path = client.pull("me/fox/old/v1/fox.ckpt", models, mirror=hub.url)
    assert path == models / "fox.ckpt"


def test_a_download_that_was_cut_goes_on_where_it_ended(hub: Hub, models: Path) -> None:
    hub.repositories["me/fox"] = {"fox.safetensors": DATA}
    hub.cut = 500_000
    with pytest.raises(DownloadError, match="asking again goes on from there"):
        client.pull("me/fox", models, mirror=hub.url)
    assert visible(models) == []
    part = models / client.STAGING / f"me--fox-{COMMIT[:10]}" / "fox.safetensors"
    start = part.stat().st_size
    assert 0 < start <= 500_000

    hub.asked.clear()
    path = client.pull("me/fox", models, mirror=hub.url)
    assert path.read_bytes() == DATA
    assert [each[2] for each in hub.asked if "resolve" in each[1]] == [f"bytes={start}-"]


def test_a_server_that_cannot_begin_in_the_midst_begins_anew(hub: Hub, models: Path) -> None:
    hub.repositories["me/fox"] = {"fox.safetensors": DATA}
    hub.cut = 500_000
    with pytest.raises(DownloadError):
        client.pull("me/fox", models, mirror=hub.url)
    hub.cut, hub.whole = None, True
    assert client.pull("me/fox", models, mirror=hub.url).read_bytes() == DATA


@pytest.mark.parametrize("name", ["fox.safetensors", "config.json"])
def test_a_damaged_download_is_never_a_model(hub: Hub, models: Path, name: str) -> None:
    hub.repositories["me/fox"] = {name: DATA}
    hub.damaged = True
    with pytest.raises(DownloadError, match=rf"'{name}' from 'me/fox' is damaged: its hash is"):
        client.pull(f"me/fox/{name}", models, mirror=hub.url)
    assert visible(models) == []
    hub.damaged = False
    assert client.pull(f"me/fox/{name}", models, mirror=hub.url).read_bytes() == DATA


def test_a_part_that_was_tampered_with_is_noticed(hub: Hub, models: Path) -> None:
    hub.repositories["me/fox"] = {"fox.safetensors": DATA}
    part = models / client.STAGING / f"me--fox-{COMMIT[:10]}" / "fox.safetensors"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    with pytest.raises(DownloadError, match="is damaged"):
        client.pull("me/fox", models, mirror=hub.url)
    assert client.pull("me/fox", models, mirror=hub.url).read_bytes() == DATA


def diffusers(tmp_path: Path) -> dict[str, bytes]:
    """Return the files of a diffusers repository, code and variants and all."""
    folder.save(tmp_path / "tiny", tiny.weights())
    place = tmp_path / "tiny"
    files = {p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*.*")}
    halved = {n.replace(".safe", ".fp16.safe"): b"16" for n in files if n.endswith("tensors")}
    more = {"pipeline.py": b"evil", "unet/evil.py": b"evil", "v1.safetensors": b"single"}
    bins = {n.replace(".safetensors", ".bin"): b"bin" for n in files if n.endswith("tensors")}
    return files | halved | more | bins | {"safety_checker/model.safetensors": b"no"}


def test_a_diffusers_folder_is_fetched_without_its_code(
    hub: Hub, models: Path, tmp_path: Path
) -> None:
    hub.repositories["me/tiny"] = diffusers(tmp_path)
    path = client.pull("me/tiny", models, mirror=hub.url)
    assert path == models / "tiny"
    names = {each.relative_to(path).as_posix() for each in path.rglob("*.*")}
    assert names == {
        "model_index.json",
        "scheduler/scheduler_config.json",
        *(f"tokenizer/{name}" for name in ("vocab.json", "merges.txt", "tokenizer_config.json")),
        *(f"{part}/config.json" for part in ("unet", "vae", "text_encoder")),
        *(f"{p}/diffusion_pytorch_model.safetensors" for p in ("unet", "vae")),
        "text_encoder/model.safetensors",
    }
    found, wanted = checkpoint.read(path).tensors, tiny.weights().tensors
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    with pytest.raises(StorageError, match="it is there already"):
        client.pull("me/tiny", models, mirror=hub.url)


def test_a_variant_of_a_folder_is_asked_for(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["me/tiny"] = diffusers(tmp_path)
    wanted = client.wanted("me/tiny", mirror=hub.url, variant="fp16")
    names = [remote.name for remote in wanted.remotes if remote.name.endswith(".safetensors")]
    assert len(names) == 3
    assert all(".fp16." in name for name in names)
    with pytest.raises(ModelNotFoundError, match="not one model alone"):
        client.wanted("me/tiny", mirror=hub.url, variant="fp8")


def test_a_network_that_lacks_a_variant_comes_as_it_is() -> None:
    names = ["unet/a.fp16.safetensors", "vae/a.safetensors", "text_encoder/a.bf16.safetensors"]
    assert client._chosen([client._INDEX, *names], "fp16")[1:] == names
    assert client._chosen([client._INDEX, *names], "")[1:] == names
    both = [*names, "unet/a.safetensors"]
    assert "unet/a.fp16.safetensors" not in client._chosen([client._INDEX, *both], "")
    assert client._chosen([client._INDEX, *names], "fp8") == []


def test_shards_are_of_the_variant_that_their_names_tell() -> None:
    for name, variant in (
        ("unet/diffusion_pytorch_model.safetensors", ""),
        ("unet/diffusion_pytorch_model.fp16.safetensors", "fp16"),
        ("unet/diffusion_pytorch_model-00001-of-00002.safetensors", ""),
        ("unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors", "fp16"),
        ("unet/diffusion_pytorch_model.non_ema.safetensors", "non_ema"),
    ):
        assert client._variant(name) == variant


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("fox", "no 'fox' on the hub; a name there is OWNER/REPOSITORY[/FILE]"),
        ("/fox", "no '/fox' on the hub"),
        ("me/cat", "no 'me/cat' on http"),
        ("me/..", "no 'me/..' on http"),
        ("me/fox/x.ckpt", "no 'x.ckpt' in 'me/fox'; name one of: a.safetensors, b.ckpt"),
        ("me/two", "not one model alone in 'me/two'; name one of: a.safetensors, b.safetensors"),
        ("me/none", "not one model alone in 'me/none'; name one of: no models"),
    ],
)
def test_what_is_not_there_is_told(hub: Hub, models: Path, name: str, sentence: str) -> None:
    hub.repositories["me/fox"] = {"a.safetensors": b"a", "b.ckpt": b"b"}
    hub.repositories["me/two"] = {"a.safetensors": b"a", "b.safetensors": b"b"}
    hub.repositories["me/none"] = {"README.md": b"a"}
    with pytest.raises(ModelNotFoundError) as caught:
        client.pull(name, models, mirror=hub.url)
    assert str(caught.value).startswith(sentence)
    assert not models.exists()


def test_no_network_is_told_in_one_sentence(
    models: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub
) -> None:
    with pytest.raises(DownloadError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        client.pull("me/fox", models, mirror="http://127.0.0.1:9")
    hub.gated.add("me/shy")
    with pytest.raises(DownloadError, match="its owner wants to be asked first"):
        client.pull("me/shy", models, mirror=hub.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set"):
        client.pull("me/fox", models)


def test_a_persons_token_is_shown_to_the_hub_alone(
    hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.repositories["me/fox"] = {"fox.safetensors": DATA}
    client.pull("me/fox", models, mirror=hub.url)
    assert {authorization for *_, authorization in hub.asked} == {None}


def test_names_that_lead_out_are_refused(hub: Hub, models: Path, tmp_path: Path) -> None:
    hub.repositories["me/fox"] = {"../../out.safetensors": DATA}
    with pytest.raises((StorageError, DownloadError, ModelNotFoundError)):
        client.pull("me/fox/../../out.safetensors", models, mirror=hub.url)
    assert not list(tmp_path.rglob("out.safetensors"))


def test_fetching_needs_no_torch() -> None:
    code = "import sys; import underpaint.weights.hub; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_hub_of_these_tests_tells_hashes_as_the_real_one_does(hub: Hub) -> None:
    """A large file by its SHA-256, a small one as `git hash-object` names it."""
    hub.repositories["me/fox"] = {"fox.safetensors": DATA, "a.json": json.dumps({}).encode()}
    large = client.wanted("me/fox/fox.safetensors", mirror=hub.url).remotes[0]
    small = client.wanted("me/fox/a.json", mirror=hub.url).remotes[0]
    assert (large.digest, large.large) == (hashlib.sha256(DATA).hexdigest(), True)
    assert (small.digest, small.large) == ("9e26dfeeb6e641a33dae4961196235bdb965b21b", False)
