"""Models from the Hugging Face hub, or from a mirror that speaks its protocol.

What is fetched stands in a hidden folder until it is whole and its SHA-256 is the one that the hub
tells, and only then gets its name: a download that was cut off or damaged is never seen as a
model. One that was cut off goes on where it ended when it is asked for again. Code in a repository
is not fetched. Imports no torch.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from huggingface_hub import HfApi, errors, hf_hub_url
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from underpaint import files
from underpaint.errors import (
    DownloadError,
    ModelNotFoundError,
    StorageError,
    UnderpaintError,
)
from underpaint.weights import hashes

__all__ = ["Wanted", "pull", "wanted"]

HUB = "https://huggingface.co"
STAGING = ".underpaint-pulling"

_INDEX = "model_index.json"
_SAFE = ".safetensors"
_MODELS = (_SAFE, ".ckpt", ".pt", ".pth", ".bin")
_TEXTS = (".json", ".txt")
_NETWORKS = ("unet/", "vae/", "text_encoder/", "text_encoder_2/")
_BESIDE = ("scheduler/", "tokenizer/", "tokenizer_2/")
_PARTIAL = 206
_VARIANTS = ("fp16", "bf16", "fp32", "non_ema", "ema")


class Remote(NamedTuple):
    """A file on the hub.

    Attributes:
        name: its place in the repository.
        size: bytes; None = not told.
        digest: of its bytes, if it is large; of a small one, what git calls it.
        large: which of the two.
    """

    name: str
    size: int | None
    digest: str
    large: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a name on the hub stands for.

    Attributes:
        repository: "owner/name".
        commit: which state of it.
        remotes: the files to fetch.
        whole: they make a folder, not a single file.
    """

    repository: str
    commit: str
    remotes: tuple[Remote, ...]
    whole: bool


class Source(NamedTuple):
    """Where to fetch from, and whom to tell.

    Attributes:
        repository: "owner/name".
        commit: which state of it.
        mirror: the server's address; None = the hub.
        note: is told what is being fetched.
    """

    repository: str
    commit: str
    mirror: str | None
    note: Callable[[str], object]


def wanted(name: str, *, mirror: str | None = None, variant: str = "") -> Wanted:
    """Return what a name stands for, as the hub tells it.

    Args:
        name: "owner/repository", for its diffusers folder or its only file of weights, or
            "owner/repository/file".
        mirror: the address of another server; None = the hub, or HF_ENDPOINT.
        variant: of a diffusers folder, such as "fp16"; "" = the plain one.

    Raises:
        ModelNotFoundError: there is no such repository or file; lists the files there are.
        DownloadError: the server cannot be reached, or refuses.
    """
    owner, _, rest = name.partition("/")
    repository, _, file = rest.partition("/")
    if not owner or not repository:
        raise ModelNotFoundError(f"no {name!r} on the hub; a name there is OWNER/REPOSITORY[/FILE]")
    repository = f"{owner}/{repository}"
    with _fetching(repository, mirror):
        api = HfApi(endpoint=mirror, token=_token(mirror))
        found = api.model_info(repository, files_metadata=True)
    remotes = [
        Remote(
            each.rfilename,
            each.size,
            (each.lfs.sha256 if each.lfs else each.blob_id) or "",
            each.lfs is not None,
        )
        for each in found.siblings or ()
    ]
    names = [remote.name for remote in remotes]
    chosen = [file] if file else _chosen(names, variant)
    alone = len(chosen) == 1 or _INDEX in chosen
    if not alone or not set(chosen) <= set(names):
        models = [each for each in names if each.endswith(_MODELS)]
        what = f"no {file!r}" if file else "not one model alone"
        raise ModelNotFoundError(
            f"{what} in {repository!r}; name one of: {', '.join(models[:20]) or 'no models'}"
        )
    remotes = [remote for remote in remotes if remote.name in chosen]
    return Wanted(
        repository, found.sha or "main", tuple(remotes), whole=not file and len(chosen) > 1
    )


def pull(
    name: str,
    folder: Path,
    *,
    mirror: str | None = None,
    variant: str = "",
    note: Callable[[str], object] = lambda _: None,
) -> Path:
    """Fetch a model, check it and put it among the others.

    Args:
        name: as for `wanted`.
        folder: where models are; it is made if need be.
        mirror: as for `wanted`.
        variant: as for `wanted`.
        note: is told what is being fetched, file by file.

    Returns:
        The file, or the diffusers folder.

    Raises:
        ModelNotFoundError: there is no such repository or file; lists the files there are.
        DownloadError: the server cannot be reached, or what came is not what it promised.
        StorageError: it cannot be kept, or there is another of this name.
    """
    asked = wanted(name, mirror=mirror, variant=variant)
    owner, _, repository = asked.repository.partition("/")
    last = repository if asked.whole else asked.remotes[0].name.rpartition("/")[2]
    place = files.contained(files.folder(folder), last)
    if asked.whole and place.exists():
        raise StorageError(
            f"cannot keep {asked.repository!r} as {str(place)!r}: it is there already"
        )
    if not asked.whole and place.exists() and hashes.sha256(place) == asked.remotes[0].digest:
        return place

    staging = files.folder(folder / STAGING / f"{owner}--{repository}-{asked.commit[:10]}")
    source = Source(asked.repository, asked.commit, mirror, note)
    for remote in asked.remotes:
        _fetch(remote, source, staging)
    files.adopt(staging if asked.whole else staging / asked.remotes[0].name, place)
    shutil.rmtree(staging, ignore_errors=True)
    with suppress(OSError):  # others are being fetched
        staging.parent.rmdir()
    return place


def _chosen(names: Sequence[str], variant: str) -> list[str]:
    """Return the files that make a repository's model: a diffusers folder, or its only file."""
    if _INDEX not in names:
        return [name for name in names if "/" not in name and name.endswith(_SAFE)]
    inner = [name for name in names if name.count("/") == 1]
    weights = [name for name in inner if name.startswith(_NETWORKS) and name.endswith(_SAFE)]
    own = [
        name
        for part in _NETWORKS
        for name in _of_variant([each for each in weights if each.startswith(part)], variant)
    ]
    if variant and not any(_variant(name) == variant for name in own):
        return []
    texts = [n for n in inner if n.startswith((*_NETWORKS, *_BESIDE)) and n.endswith(_TEXTS)]
    return [_INDEX, *texts, *own] if own else []


def _of_variant(names: Sequence[str], variant: str) -> list[str]:
    """Return a network's files of a variant; of a network that lacks it the plain or any others."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_variant(name), []).append(name)
    return groups.get(variant) or groups.get("") or next(iter(groups.values()), [])


def _variant(name: str) -> str:
    """Return the "fp16" of "unet/model.fp16-00001-of-00002.safetensors"."""
    words = name.rpartition("/")[2].removesuffix(_SAFE).partition("-0")[0].split(".")
    return words[-1] if words[-1] in _VARIANTS else ""


def _fetch(remote: Remote, source: Source, staging: Path) -> None:
    """Fetch a file, going on where an earlier attempt ended, and check it.

    Raises:
        DownloadError: it cannot be fetched, or is not what was promised; it is then removed.
    """
    path = files.contained(staging, remote.name)
    files.folder(path.parent)
    if not path.exists() or path.stat().st_size != remote.size:
        with _fetching(source.repository, source.mirror):
            _go_on(path, remote, source)
    if fault := _fault(path, remote):
        shutil.rmtree(staging, ignore_errors=True)
        raise DownloadError(
            f"{remote.name!r} from {source.repository!r} is damaged: {fault}; it was removed, "
            "try again"
        )


def _go_on(path: Path, remote: Remote, source: Source) -> None:
    """Fetch what a file lacks; or all of it, from a server that cannot begin in the midst."""
    start = path.stat().st_size if path.exists() else 0
    url = hf_hub_url(source.repository, remote.name, revision=source.commit, endpoint=source.mirror)
    headers = build_hf_headers(token=_token(source.mirror)) | {"Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={start}-"} if start else {}
    with get_session().stream("GET", url, headers=headers, follow_redirects=True) as answer:
        hf_raise_for_status(answer)
        start = start if answer.status_code == _PARTIAL else 0
        files.extend(path, _told(answer.iter_bytes(), start, remote, source.note), start)


def _told(
    pieces: Iterable[bytes], done: int, remote: Remote, note: Callable[[str], object]
) -> Iterator[bytes]:
    """Yield pieces, and tell at each tenth how much there is."""
    tenths = -1
    for piece in pieces:
        yield piece
        done += len(piece)
        if remote.size and done * 10 // remote.size > tenths:
            tenths = done * 10 // remote.size
            note(f"{remote.name} {tenths * 10} %")


def _fault(path: Path, remote: Remote) -> str:
    """Return what is wrong with a file that was fetched, "" for nothing."""
    size = path.stat().st_size
    if remote.size is not None and size != remote.size:
        return f"it has {size} bytes instead of {remote.size}"
    found = hashes.sha256(path) if remote.large else _as_git_does(path, size)
    if remote.digest and found != remote.digest:
        return f"its hash is {found} instead of {remote.digest}"
    return ""


def _as_git_does(path: Path, size: int) -> str:
    """Return the name that git gives to a file's contents."""
    digest = hashlib.sha1(b"blob %d\0" % size)
    with path.open("rb") as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


def _token(mirror: str | None) -> bool | None:
    """Return whether to show the person's token: to the hub, if there is one; to nobody else."""
    return None if mirror is None or mirror.rstrip("/") == HUB else False


@contextmanager
def _fetching(repository: str, mirror: str | None) -> Iterator[None]:
    """Say in one sentence what went wrong between here and the server."""
    try:
        yield
    except Exception as error:
        told = _told_of(error, repository, mirror or "the hub")
        if told is None:
            raise
        raise told from error


def _told_of(error: Exception, repository: str, where: str) -> UnderpaintError | None:
    """Return what an error of the hub's client means to a person; None for another's."""
    match error:
        case errors.OfflineModeIsEnabled():
            why = "HF_HUB_OFFLINE is set, so nothing is fetched"
        case errors.GatedRepoError():
            why = "its owner wants to be asked first; do so on its page, then `hf auth login`"
        case errors.RepositoryNotFoundError() | errors.HFValidationError():
            return ModelNotFoundError(f"no {repository!r} on {where}, or it is not public")
        case errors.EntryNotFoundError():
            return ModelNotFoundError(f"no such file in {repository!r} on {where}")
        case errors.HfHubHTTPError():
            why = " ".join(str(error).split())[:200]
        case _ if _is_of_network(error):
            why = (
                f"{where} cannot be reached, or went away; what came is kept, and asking again "
                "goes on from there (--mirror takes another address; painting needs no network)"
            )
        case _:
            return None
    return DownloadError(f"cannot fetch {repository!r}: {why}")


def _is_of_network(error: Exception) -> bool:
    """Whether an error is of a connection: of the client below the hub's, or of the system's."""
    return isinstance(error, ConnectionError) or type(error).__module__.startswith("http")
