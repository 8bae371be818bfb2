"""Tensors stored small, and the way back: whole-number codes, and products of thin matrices.

A packed tensor NAME is stored under other names:

    NAME.int8   codes of -127..127, int8, in the tensor's shape
    NAME.scale  one factor for each of its rows (first dimension), (rows,)
    NAME.basis  only for a table that is a product: (rank, width), and NAME.int8 is (rows, rank)

so that ``NAME = (int8 * scale) @ basis``, without the product where there is no basis. One scale a
row keeps the error of each number below 1/250 of the largest in its row.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.weights._header import shown
from underpaint.weights._lazy import Promise, Tensors, promises

__all__ = ["Packing", "Rule", "matrices", "pack", "unpack", "unpacked_shapes"]

_CODES, _SCALE, _BASIS = ".int8", ".scale", ".basis"


@dataclass(frozen=True, slots=True)
class Packing:
    """How to store one tensor small.

    Attributes:
        rank: columns kept of a (rows, width) table, 1..width; None codes the tensor itself.
    """

    rank: int | None = None


Rule: TypeAlias = Callable[[str, Tensor], Packing | None]
"""(name, tensor) -> how to store it; None keeps it as it is."""


def matrices(name: str, tensor: Tensor) -> Packing | None:
    """The usual rule: code every matrix and convolution of 4096 numbers or more.

    Args:
        name: not looked at.
        tensor: of any shape.
    """
    large = tensor.is_floating_point() and tensor.ndim >= 2 and tensor.numel() >= 4096
    return Packing() if large else None


def pack(tensors: Mapping[str, Tensor], rule: Rule = matrices) -> dict[str, Tensor]:
    """Return tensors as they are stored; `unpack` gives them back but for rounding.

    Args:
        tensors: by name, finite; what a rule packs has at least one dimension.
        rule: which to pack, and how.

    Returns:
        By name; bases in float16, scales too where that holds them (float32 for rows that are very
        small or large), what is not packed as it was.
    """
    stored: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        packing = rule(name, tensor)
        if packing is None:
            stored[name] = tensor
            continue
        rows = tensor.detach().float()
        if packing.rank is not None:
            basis = _principal(rows, packing.rank).half()
            rows = _coordinates(rows, basis.float())
            stored[name + _BASIS] = basis
        stored[name + _CODES], stored[name + _SCALE] = _coded(rows)
    return stored


def unpack(tensors: Mapping[str, Tensor], where: str = "the weights") -> Mapping[str, Tensor]:
    """Return plain tensors: the packed ones in float32, the others as they are.

    Each is made when it is asked for, and anew each time.

    Args:
        tensors: by name, as a file has them.
        where: the file's name, for the error.

    Raises:
        WeightsError: a part of a packed tensor is missing, or does not fit the others.
    """
    promised = promises(tensors)
    shapes = {name: promise.shape for name, promise in promised.items()}
    _check(shapes, where)

    def decoded(name: str, shape: tuple[int, ...]) -> Promise:
        return Promise(torch.float32, shape, lambda: _decoded(tensors, name))

    return Tensors(
        {
            name: promised[name] if name in promised else decoded(name, shape)
            for name, shape in unpacked_shapes(shapes).items()
        }
    )


def unpacked_shapes(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the shapes that `unpack` would give, without any tensor; not checked.

    Args:
        shapes: by name, as a file's header has them.
    """
    names = _packed(shapes)
    parts = {name + end for name in names for end in (_CODES, _SCALE, _BASIS)}
    plain = {name: shape for name, shape in shapes.items() if name not in parts}
    for name in names:
        shape = shapes[name + _CODES]
        plain[name] = shape[:1] + shapes[name + _BASIS][1:] if name + _BASIS in shapes else shape
    return plain


def _packed(names: Iterable[str]) -> list[str]:
    return [name.removesuffix(_CODES) for name in names if name.endswith(_CODES)]


def _check(shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    for name in _packed(shapes):
        codes, scale = shapes[name + _CODES], shapes.get(name + _SCALE)
        if name in shapes:
            raise WeightsError(f"{where} has {shown(name)} both plain and packed")
        if not codes or scale != codes[:1]:
            raise WeightsError(
                f"{where} has no {shown(name + _SCALE)} with one number for each row"
            )
        basis = shapes.get(name + _BASIS)
        if basis is not None and (len(codes), len(basis), codes[-1]) != (2, 2, basis[0]):
            raise WeightsError(f"{where} has a {shown(name + _BASIS)} that does not fit its codes")


def _decoded(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    codes = tensors[name + _CODES]
    scale = tensors[name + _SCALE].float()
    rows = codes.float() * scale.reshape(-1, *[1] * (codes.ndim - 1))
    basis = tensors.get(name + _BASIS)
    return rows if basis is None else rows @ basis.float()


def _coded(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return codes like `rows`, and a scale a row, for which ``codes * scale`` is nearest."""
    largest = rows.abs().flatten(1).amax(dim=1) if rows.ndim > 1 else rows.abs()
    scale = _halved(largest / 127)
    divisor = torch.where(scale == 0, 1, scale.float()).reshape(-1, *[1] * (rows.ndim - 1))
    return (rows / divisor).round().clamp(-127, 127).to(torch.int8), scale


def _halved(scale: Tensor) -> Tensor:
    """Return the scale in float16 if all its numbers keep their three digits there."""
    half = scale.half()
    return half if torch.allclose(half.float(), scale, rtol=1e-3, atol=0) else scale


def _principal(table: Tensor, rank: int) -> Tensor:
    """Return the (rank, width) directions that keep most of a (rows, width) table.

    Paper: Eckart and Young 1936, doi:10.1007/BF02288367.
    """
    wide = table.double()
    _, directions = torch.linalg.eigh(wide.T @ wide)  # strongest last
    return directions.flip(1)[:, :rank].T


def _coordinates(table: Tensor, basis: Tensor) -> Tensor:
    """Return the (rows, rank) shares of the basis that come nearest to the table."""
    gram = basis.double() @ basis.double().T
    return torch.linalg.solve(gram, basis.double() @ table.double().T).T.float()
