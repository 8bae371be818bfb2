"""Models are found by name in folders, never outside them."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from underpaint.errors import ModelNotFoundError, StorageError
from underpaint.weights import hashes, shelf
from underpaint.weights.shelf import Book, find, find_in, first_stage_of, listing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in ("b.safetensors", "a.safetensors", "anime/soft.safetensors", "anime/a.safetensors",
                  ".hidden/x.safetensors", ".y.safetensors", "notes.txt", "a.vae.pt"):  # fmt: skip
        path = tmp_path / "models" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "secret.safetensors").touch()
    (tmp_path / "models" / "named.safetensors").mkdir()
    return tmp_path / "models"


def own(books: tuple[Book, ...]) -> list[str]:
    return [book.name for book in books if not book.embedded]


def test_lists_the_files_of_folders_by_name(folder: Path) -> None:
    assert own(listing([folder])) == ["a", "b", "anime/a", "anime/soft"]


def test_the_first_folder_counts(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.safetensors").touch()
    (other / "c.safetensors").touch()
    assert own(listing([other, folder])) == ["b", "c", "a", "anime/a", "anime/soft"]
    assert find("b", [other, folder]) == other / "b.safetensors"


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert own(listing([tmp_path / "missing"])) == []


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a", "a.safetensors"),
        ("a.safetensors", "a.safetensors"),
        ("anime/a", "anime/a.safetensors"),
        ("anime/soft.safetensors", "anime/soft.safetensors"),
        ("soft", "anime/soft.safetensors"),
    ],
)
def test_finds_by_name(folder: Path, name: str, place: str) -> None:
    assert find(name, [folder]) == folder / place


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "c", "A", "../secret", "./a", "anime", "anime//a", ".y", "x", "old", "named",
     "b.ckpt", "\0", "a\0", "*", "a.safetensors.safetensors", "anime\\a", "x" * 5000],
)  # fmt: skip
def test_finds_nothing_else(folder: Path, name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="there are: a, b, anime/a, anime/soft"):
        find(name, [folder])


def test_an_absolute_path_is_no_name(folder: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        find(str(folder / "a.safetensors"), [folder])


def test_links_to_folders_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "out").symlink_to(tmp_path)
    (folder / "linked.safetensors").symlink_to(tmp_path / "secret.safetensors")
    (folder / "broken.safetensors").symlink_to(tmp_path / "missing")
    assert own(listing([folder])) == ["a", "b", "linked", "anime/a", "anime/soft"]


def test_looks_eight_folders_deep(tmp_path: Path) -> None:
    for depth in (8, 9):
        path = tmp_path.joinpath(*"x" * depth, f"{depth}.safetensors")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert own(listing([tmp_path])) == ["/".join("x" * 8) + "/8"]


def test_a_folder_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot read the folder .*file'"):
        listing([tmp_path / "file"])


def test_models_of_the_package_are_found_without_folders() -> None:
    for book in listing():
        assert book.embedded
        assert find(book.name) == book.path
        assert book.path.parent.parent.name == "models"


def test_a_models_folder_in_the_package_holds_one_file_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("mini/mini.safetensors", "mini/other.safetensors", "loose.safetensors"):
        (tmp_path / "models" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "models" / place).touch()
    monkeypatch.setattr(shelf, "files", lambda _: tmp_path)
    path = tmp_path / "models/mini/mini.safetensors"
    assert listing() == (Book("mini", path, embedded=True, file="mini.safetensors"),)


# What AUTOMATIC1111 and ComfyUI have, where they have it.


@pytest.fixture
def webui(tmp_path: Path) -> Path:
    """Return the folder of an AUTOMATIC1111 with a file of each kind."""
    for place in (
        "models/Stable-diffusion/v1-5-pruned-emaonly.ckpt",
        "models/Stable-diffusion/v1-5-pruned-emaonly.safetensors",
        "models/Stable-diffusion/anime/soft.safetensors",
        "models/Stable-diffusion/anime/soft.vae.pt",
        "models/Stable-diffusion/old.ckpt",
        "models/Stable-diffusion/old.ckpt.safetensors",
        "models/Stable-diffusion/parts/model_index.json",
        "models/Stable-diffusion/parts/unet/diffusion_pytorch_model.safetensors",
        "models/VAE/kl-f8.vae.pt",
        "models/VAE/old.vae.safetensors",
        "models/Lora/style.safetensors",
        "models/ESRGAN/4x.pth",
        "models/ControlNet/canny.safetensors",
        "embeddings/fox.pt",
        "embeddings/deep/cat.bin",
        "venv/lib/junk.pt",
        "outputs/junk.safetensors",
    ):
        path = tmp_path / "webui" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(place.encode() * 100_000)
    return tmp_path / "webui"


NAMES = [
    "old",
    "v1-5-pruned-emaonly",
    "v1-5-pruned-emaonly.ckpt",
    "anime/soft",
    "parts",
]


@pytest.mark.parametrize("below", ["", "models", "models/Stable-diffusion"])
def test_models_are_found_from_any_folder_of_a1111(webui: Path, below: str) -> None:
    assert own(listing([webui / below])) == NAMES


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("vaes", ["kl-f8.vae", "old.vae"]),
        ("loras", ["style"]),
        ("embeddings", ["fox", "deep/cat"]),
        ("upscalers", ["4x"]),
        ("controlnets", ["canny"]),
        ("hypernetworks", []),
    ],
)
def test_each_kind_stands_in_its_own_folder(webui: Path, kind: str, names: list[str]) -> None:
    assert own(listing([webui], kind)) == names
    assert own(listing([webui / "models"], kind)) == names
    assert own(listing([webui / "models" / "Stable-diffusion"], kind)) == names


def test_a_plain_folder_may_hold_kinds_too(tmp_path: Path) -> None:
    for place in ("fox.ckpt", "loras/style.safetensors", "vae/kl.pt", "own/cat.safetensors"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch()
    assert own(listing([tmp_path])) == ["fox", "own/cat"]
    assert own(listing([tmp_path], "loras")) == ["style"]
    assert own(listing([tmp_path], "vaes")) == ["kl"]


def test_every_name_that_a1111_shows_is_understood(webui: Path) -> None:
    folder = webui / "models" / "Stable-diffusion"
    for name, place in (
        ("v1-5-pruned-emaonly", "v1-5-pruned-emaonly.safetensors"),
        ("v1-5-pruned-emaonly.ckpt", "v1-5-pruned-emaonly.ckpt"),
        ("v1-5-pruned-emaonly.safetensors", "v1-5-pruned-emaonly.safetensors"),
        ("anime/soft", "anime/soft.safetensors"),
        ("anime/soft.safetensors", "anime/soft.safetensors"),
        ("soft", "anime/soft.safetensors"),
        ("soft.safetensors", "anime/soft.safetensors"),
        ("parts", "parts"),
        ("old.ckpt", "old.ckpt"),
    ):
        path = folder / place
        found = hashes.sha256(path)
        words = [name, f"{name} [{found[:10]}]", f"{name} [{found}]", f"{name}[{found[:10]}]"]
        if path.is_file():
            words.append(f"{name} [{hashes.legacy(path)}]")
        assert {find(each, [webui]) for each in words} == {path}


def test_a_hash_picks_among_files_of_one_name(webui: Path) -> None:
    path = webui / "models/Stable-diffusion/v1-5-pruned-emaonly.ckpt"
    assert find(f"v1-5-pruned-emaonly.ckpt [{hashes.sha256(path)[:10]}]", [webui]) == path
    wrong = f"v1-5-pruned-emaonly.safetensors [{hashes.sha256(path)[:10]}]"
    with pytest.raises(ModelNotFoundError, match=r"there is has the hash [0-9a-f]{10}$"):
        find(wrong, [webui])


def test_a_hash_alone_is_understood_once_it_was_found(webui: Path) -> None:
    path = webui / "models/Stable-diffusion/old.ckpt"
    wanted = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(ModelNotFoundError):
        find(wanted[:10], [webui])
    hashes.sha256(path)
    assert find(wanted[:10], [webui]) == find(wanted, [webui]) == path


def test_a_title_is_that_of_a1111(webui: Path) -> None:
    book = find_in(listing([webui]), "anime/soft")
    assert (book.file, book.title) == ("anime/soft.safetensors", "anime/soft.safetensors")
    found = hashes.sha256(book.path)
    assert book.title == f"anime/soft.safetensors [{found[:10]}]"


def test_an_autoencoder_beside_a_model_is_its_own(webui: Path) -> None:
    folder = webui / "models" / "Stable-diffusion"
    soft = first_stage_of(folder / "anime" / "soft.safetensors", [webui])
    assert soft == folder / "anime" / "soft.vae.pt"
    kept = first_stage_of(folder / "old.ckpt", [webui])
    assert kept == webui / "models" / "VAE" / "old.vae.safetensors"
    assert first_stage_of(folder / "parts", [webui]) is None


def test_a_kind_is_named_in_the_refusal(webui: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no 'x' in loras; there are: style"):
        find_in(listing([webui], "loras"), "x", "loras")


def test_looking_needs_no_torch() -> None:
    code = "import sys; import underpaint.weights.shelf; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
