"""Textual inversion: small files with vectors that a name in a prompt stands for.

Paper: Gal et al. 2022, arXiv:2208.01618. Every program that trains them has a form of its own:

    string_to_param: {"*": (n, width)}   AUTOMATIC1111, a `.pt`
    emb_params (n, width)                its form as safetensors
    <name> (width,)                      diffusers, `learned_embeds.bin`
    clip_l (n, 768), clip_g (n, 1280)    for SDXL, which has two text encoders

A text encoder is told by its width. A name is the file's own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.weights import checkpoint
from underpaint.weights._header import shown

__all__ = ["read", "sizes", "widths"]

_TRAINED = "string_to_param."
_MOST = 2


def widths(path: Path) -> tuple[int, ...]:
    """Return how wide the vectors in a file are, a number for each text encoder; reads none.

    Args:
        path: in one of the formats that `checkpoint.read` takes.

    Raises:
        WeightsError: it cannot be read, or holds no embedding.
    """
    return tuple(width for _, width in sizes(path))


def sizes(path: Path) -> tuple[tuple[int, int], ...]:
    """Return the number of vectors in a file and their width, for each text encoder; reads none.

    Args:
        path: as for `widths`.

    Raises:
        WeightsError: it cannot be read, or holds no embedding.
    """
    shapes = checkpoint.shapes(path)
    found = (shapes[name] for name in _names(shapes, shown(path.name)))
    return tuple((shape[0] if len(shape) == 2 else 1, shape[-1]) for shape in found)


def read(path: Path, wanted: Sequence[int]) -> tuple[Tensor, ...]:
    """Return the vectors in a file, (n, width) for each text encoder.

    Args:
        path: as for `widths`.
        wanted: how wide the text encoders are.

    Raises:
        WeightsError: it cannot be read, holds no embedding, or none for one of the encoders.
        StorageError: it is a pickle, and its conversion cannot be written anywhere.
    """
    found = checkpoint.read(path)
    names = _names(found.shapes, shown(path.name))
    by_width = {found.shapes[name][-1]: name for name in names}
    if lacking := [width for width in wanted if width not in by_width]:
        there = " and ".join(map(str, by_width))
        raise WeightsError(
            f"embedding {path.stem!r} has vectors of {there} numbers; "
            f"this model's text encoder wants {lacking[0]}"
        )
    vectors = (found.tensors[by_width[width]].float() for width in wanted)
    return tuple(each.reshape(-1, each.shape[-1]) for each in vectors)


def _names(shapes: Mapping[str, tuple[int, ...]], where: str) -> list[str]:
    """Return the names of the tensors that are vectors to read."""
    trained = {name: shape for name, shape in shapes.items() if name.startswith(_TRAINED)}
    found = trained or shapes
    flat = all(len(shape) in (1, 2) and shape[-1] for shape in found.values())
    if not flat or not 1 <= len(found) <= (1 if trained else _MOST):
        raise WeightsError(
            f"{where} holds no embedding; it must hold vectors for one or two text encoders"
        )
    return list(found)
