"""Where models stand: the folders a person names, and the one that comes with the package.

A folder may be a plain one with models in it; the `models` folder of AUTOMATIC1111 or ComfyUI, or
the folder which that is in: then each kind of file is looked for in the subfolder it has there. A
model is known by the names that AUTOMATIC1111 gives it, any of

    v1-5-pruned-emaonly    v1-5-pruned-emaonly.ckpt    v1-5-pruned-emaonly.ckpt [cc6cb27103]

and by its hash, once that was found. Imports no torch.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from underpaint.errors import ModelNotFoundError, StorageError
from underpaint.weights import hashes

__all__ = ["KINDS", "Book", "Kind", "find", "find_in", "first_stage_of", "listing"]

SUFFIX = ".safetensors"
INDEX = "model_index.json"
MAX_DEPTH = 8

_HASHED = re.compile(r"(?P<name>.*?)\s*\[(?P<hash>[0-9a-f]{8}|[0-9a-f]{10}|[0-9a-f]{64})\]")
_BARE = re.compile(r"[0-9a-f]{10}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        folders: what AUTOMATIC1111 and ComfyUI call its subfolder.
        suffixes: how its files end; of two that differ in nothing else the first goes first.
    """

    folders: tuple[str, ...]
    suffixes: tuple[str, ...] = (SUFFIX, ".ckpt", ".pt")


KINDS: Mapping[str, Kind] = {
    "models": Kind(("Stable-diffusion", "checkpoints", "diffusers")),
    "vaes": Kind(("VAE", "vae")),
    "loras": Kind(("Lora", "LyCORIS", "loras")),
    "embeddings": Kind(("embeddings",), (SUFFIX, ".pt", ".bin")),
    "upscalers": Kind(("ESRGAN", "RealESRGAN", "upscale_models"), (SUFFIX, ".pth", ".pt", ".ckpt")),
    "controlnets": Kind(("ControlNet", "controlnet"), (SUFFIX, ".pth", ".pt")),
    "hypernetworks": Kind(("hypernetworks",), (SUFFIX, ".pt")),
}
_MODELS = KINDS["models"]


@dataclass(frozen=True, slots=True)
class Book:
    """A file and the name it is asked for by.

    Attributes:
        name: its place below the folder without the ending, such as "anime/soft"; unique in a
            listing (of two files that differ in the ending only, the second keeps it).
        path: the file, or the diffusers folder.
        embedded: it comes with the package.
        file: its place below the folder with the ending: AUTOMATIC1111's name.
    """

    name: str
    path: Path
    embedded: bool = False
    file: str = ""

    @property
    def title(self) -> str:
        """What AUTOMATIC1111 calls it: with its short hash, if that was found before."""
        found = hashes.known(self.path)
        return f"{self.file} [{found[: hashes.SHORT]}]" if found else self.file


def listing(folders: Sequence[Path] = (), kind: str = "models") -> tuple[Book, ...]:
    """Return all models: those in the folders, then those that come with the package.

    Folders within folders are looked into, eight deep; hidden ones, and links to folders, are not.
    Of two models of one name the first one counts.

    Args:
        folders: the most important first; one that does not exist is empty.
        kind: of `KINDS`.

    Raises:
        StorageError: a folder is there but cannot be read.
    """
    books: dict[str, Book] = {}
    for folder in folders:
        taken = set(books)
        for place, path in _placed(Path(folder), kind):
            file = path.relative_to(place).as_posix()
            name = file if path.is_dir() else file.removesuffix(path.suffix)
            if name not in taken:
                name = file if name in books else name
                books.setdefault(name, Book(name, path, file=file))
    if kind == "models":
        for book in _embedded():
            books.setdefault(book.name, book)
    return tuple(books.values())


def find(name: str, folders: Sequence[Path] = ()) -> Path:
    """Return the file of a model, or its folder.

    Args:
        name: a name of the listing, or its last part, with or without the ending, and with or
            without a hash behind; or a hash that was found before. It is only ever compared with
            what the folders hold, so it cannot lead out of them.
        folders: as for `listing`.

    Raises:
        ModelNotFoundError: there is no such model; lists those there are.
        StorageError: a folder is there but cannot be read.
        WeightsError: a file whose hash is asked for cannot be read.
    """
    return find_in(listing(folders), name).path


def find_in(books: Sequence[Book], name: str, kind: str = "models") -> Book:
    """Return the book of a name; see `find`.

    Args:
        books: a listing.
        name: as for `find`.
        kind: what they are, for the error.

    Raises:
        ModelNotFoundError: there is none; lists those there are.
        WeightsError: a file whose hash is asked for cannot be read.
    """
    match = _HASHED.fullmatch(name)
    asked, wanted = (match["name"], match["hash"]) if match else (name, "")
    named = _named(books, asked)
    for book in named:
        if not wanted or _has(book, wanted):
            return book
    if _BARE.fullmatch(name):
        for book in books:
            if (hashes.known(book.path) or "").startswith(name):
                return book
    if named:
        told = f"the {asked!r} there is has the hash {hashes.sha256(named[0].path)[:10]}"
        raise ModelNotFoundError(f"no {name!r} in {kind}; {told}")
    there = ", ".join(book.name for book in books) or "none"
    raise ModelNotFoundError(f"no {name!r} in {kind}; there are: {there}")


def first_stage_of(path: Path, folders: Sequence[Path] = ()) -> Path | None:
    """Return the autoencoder that a person has put beside a model, for it alone.

    Args:
        path: the model's file, such as `soft.ckpt`; its autoencoder is `soft.vae.pt` or the like,
            in the same folder or among the autoencoders.
        folders: as for `listing`.

    Raises:
        StorageError: a folder is there but cannot be read.
    """
    for suffix in _MODELS.suffixes:
        beside = path.with_name(f"{path.stem}.vae{suffix}")
        if beside.is_file():
            return beside
    kept = [book for book in listing(folders, "vaes") if book.name == f"{path.stem}.vae"]
    return kept[0].path if kept else None


def _named(books: Sequence[Book], asked: str) -> list[Book]:
    """Return the books that a name may mean, the most exact first."""
    stages = (
        lambda book: book.name,
        lambda book: book.file,
        lambda book: book.name.rpartition("/")[2],
        lambda book: book.path.name,
    )
    return list(dict.fromkeys(book for known in stages for book in books if known(book) == asked))


def _has(book: Book, wanted: str) -> bool:
    if len(wanted) == 8:
        return not book.path.is_dir() and hashes.legacy(book.path) == wanted
    return hashes.sha256(book.path).startswith(wanted)


def _placed(folder: Path, kind: str) -> Iterator[tuple[Path, Path]]:
    """Yield the files of a kind in a folder, each after the place that its name begins below."""
    wanted, plain = KINDS[kind], kind == "models"
    roots = [folder, folder / "models"]
    if not plain and folder.name in _MODELS.folders:
        roots.append(folder.parent)  # the folder of checkpoints alone was named
    if kind == "embeddings":  # AUTOMATIC1111 keeps them beside its folder of models, not in it
        roots += [named.parent for named in (folder, folder.parent) if named.name == "models"]
    for root in roots:
        for name in wanted.folders:
            if (root / name).is_dir():
                yield from ((root / name, path) for path in _walked(root / name, kind, MAX_DEPTH))
    if plain and not any((folder / "models" / name).is_dir() for name in _MODELS.folders):
        others = frozenset(name for known in KINDS.values() for name in known.folders)
        yield from ((folder, path) for path in _walked(folder, kind, MAX_DEPTH, others))


def _walked(
    folder: Path, kind: str, depth: int, without: frozenset[str] = frozenset()
) -> Iterator[Path]:
    """Yield the files of a kind in a folder, sorted, then those in the folders within."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StorageError(f"cannot read the folder {str(folder)!r}: {reason}") from error
    shown = [entry for entry in entries if not entry.name.startswith(".")]
    names = {entry.name for entry in shown}
    yield from (Path(entry) for entry in _ordered(shown, kind) if _is(entry, kind, names))
    for entry in shown:
        if entry.is_dir(follow_symlinks=False) and entry.name not in without:
            if kind == "models" and (Path(entry) / INDEX).is_file():
                yield Path(entry)
            elif depth > 0:
                yield from _walked(Path(entry), kind, depth - 1)


def _ordered(entries: list[os.DirEntry[str]], kind: str) -> list[os.DirEntry[str]]:
    """Return the files of a kind, by name, and those of one name by how they end."""
    suffixes = KINDS[kind].suffixes
    ranks = {entry: os.path.splitext(entry.name) for entry in entries}
    own = [entry for entry in entries if ranks[entry][1] in suffixes]
    return sorted(own, key=lambda entry: (ranks[entry][0], suffixes.index(ranks[entry][1])))


def _is(entry: os.DirEntry[str], kind: str, names: set[str]) -> bool:
    """Whether a file is of a kind, and neither an autoencoder nor the conversion of another."""
    stem, suffix = os.path.splitext(entry.name)
    if suffix == SUFFIX and stem in names and not stem.endswith(SUFFIX):
        return False
    return entry.is_file() and not (kind == "models" and stem.endswith(".vae"))


def _embedded() -> Iterator[Book]:
    folder = Path(str(files("underpaint"))) / "models"
    for path in _walked(folder, "models", 1):
        if path.stem == path.parent.name:
            yield Book(path.stem, path, embedded=True, file=path.name)
