"""LoRA and its relatives: small files that say by how much to change a model's matrices.

    LoRA  W + up @ down                Hu et al. 2021, arXiv:2106.09685
    LoHa  W + (a1 @ b1) * (a2 @ b2)    Hyeon-Woo et al. 2021, arXiv:2108.06098
    LoKr  W + kron(w1, w2)             Yeh et al. 2023, arXiv:2309.14859

each times alpha / rank, and times the weight that a person gives it. With lengths beside it, it is
a DoRA, which turns rows or columns of W and sets their lengths (`_decomposed`). A convolution is
a matrix with its kernel in the columns; in Tucker's form a small kernel stands between two
matrices. Three programs name one place in three ways,

    lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight   kohya, with an alpha
    lora_unet_input_blocks_1_1_proj_in.lora_down.weight             kohya, for SDXL
    unet.down_blocks.0.attentions.0.proj_in.lora_A.weight           peft and diffusers

so a place is known by what they share: the network, and the name with "_" for each dot.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, cast

import torch
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.weights import checkpoint
from underpaint.weights._decomposed import by_rows, decomposed
from underpaint.weights._header import shown
from underpaint.weights._lazy import Promise
from underpaint.weights.layouts import folder_names

__all__ = ["Adapter", "Change", "Piece", "fitted", "read"]

Factors: TypeAlias = Mapping[str, Tensor]
Shapes: TypeAlias = Mapping[str, tuple[int, ...]]

_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "lora_unet_": "unet",
        "lora_te_": "text_encoder",
        "lora_te1_": "text_encoder",
        "lora_te2_": "text_encoder_2",
        "unet.": "unet",
        "text_encoder.": "text_encoder",
        "text_encoder_2.": "text_encoder_2",
    }
)
_KEY = re.compile(
    r"(?P<place>.+)[._](?P<leaf>alpha|lora_(?:up|down|mid|A|B)|lora(?:_linear_layer)?\.(?:up|down)"
    r"|hada_(?:w[12]_[ab]|t[12])|lokr_(?:w[12](?:_[ab])?|t2)|dora_scale|lora_magnitude_vector)"
    r"(?:\.default)?(?:\.weight)?"
)
LENGTHS = "dora_scale"
_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "lora_A": "lora_down",
        "lora_B": "lora_up",
        "lora.down": "lora_down",
        "lora.up": "lora_up",
        "lora_linear_layer.down": "lora_down",
        "lora_linear_layer.up": "lora_up",
        "lora_magnitude_vector": LENGTHS,
    }
)
_THIRD = re.compile(r"(?P<fused>.*\.attn\.in_proj)\.(?P<third>[012])\.weight")
_REMARK = "lora_adapter_metadata"
_SOME = 3


@dataclass(frozen=True, eq=False)
class Change:
    """By how much to change one matrix, in factors.

    Attributes:
        factors: by the name that LyCORIS gives each, such as "lora_up"; not made yet.
        alpha: what the product is multiplied by, over its rank, where the factors hold no alpha
            of their own; None = the rank.
    """

    factors: Mapping[str, Promise]
    alpha: float | None = None

    def on(self, own: Tensor) -> Tensor:
        """Return what to add to the matrix at full weight.

        Args:
            own: the matrix as it is without any adapter, which `fits`; float32 or wider.

        Returns:
            Of its shape; not finite where the factors are not.
        """
        delta = self.delta(own.shape)
        if LENGTHS not in self.factors:
            return delta.to(own)
        return decomposed(own, delta, self.factors[LENGTHS].make())

    def delta(self, shape: Sequence[int]) -> Tensor:
        """Return the product of the factors at full weight.

        Args:
            shape: the matrix's, which `fits`.

        Returns:
            Of that shape, float32; infinite where the factors are.
        """
        made = {name: promise.make().float() for name, promise in self.factors.items()}
        alpha = float(made["alpha"]) if "alpha" in made else self.alpha
        product, rank = _multiplied(made)
        scale = alpha / rank if rank and alpha is not None else 1.0
        return scale * product.reshape(tuple(shape))

    def fits(self, shape: Sequence[int]) -> bool:
        """Whether the factors fit each other, and their product a matrix; none is made.

        Args:
            shape: the matrix's.
        """
        hollow = {
            name: torch.empty(promise.shape, device="meta")
            for name, promise in self.factors.items()
        }
        try:
            product, _ = _multiplied(hollow)
        except (KeyError, IndexError, RuntimeError):
            return False
        alone = "alpha" not in hollow or hollow["alpha"].numel() == 1
        if LENGTHS in hollow and by_rows(tuple(hollow[LENGTHS].shape), shape) is None:
            return False
        size = torch.Size(shape).numel()
        return alone and product.shape[:1] == tuple(shape[:1]) and product.numel() == size


@dataclass(frozen=True, eq=False)
class Adapter:
    """What a file says is to be changed.

    Attributes:
        name: the file's, for errors.
        changes: by the network (unet, text_encoder or text_encoder_2) and the name of the place.
    """

    name: str
    changes: Mapping[tuple[str, str], Change]


class Piece(NamedTuple):
    """A change of some rows of a tensor.

    Attributes:
        change: what to add.
        rows: where; three projections may stand in one matrix, a third of its rows each.
    """

    change: Change
    rows: slice


def read(path: Path) -> Adapter:
    """Return the adapter in a file, its tensors not yet touched.

    Args:
        path: in one of the formats that `checkpoint.read` takes.

    Raises:
        WeightsError: it cannot be read, or holds what we do not add; says what.
        StorageError: it is a pickle, and its conversion cannot be written anywhere.
    """
    found = checkpoint.read(path)
    where = shown(path.name)
    alphas = _alphas(found.metadata, where)
    factors: dict[tuple[str, str], dict[str, Promise]] = defaultdict(dict)
    for key, promise in found.promised.items():
        place, leaf = _understood(key, where)
        if leaf in factors[place]:
            raise WeightsError(f"{where} says twice how to change what {shown(key)} does")
        factors[place][leaf] = promise
    if not factors:
        raise WeightsError(f"{where} holds no adapter: there is nothing in it")
    return Adapter(
        path.stem, {place: Change(each, alphas.get(place[0])) for place, each in factors.items()}
    )


def fitted(adapter: Adapter, networks: Mapping[str, Shapes]) -> dict[tuple[str, str], list[Piece]]:
    """Return what an adapter changes of some networks' tensors.

    Args:
        adapter: what is to be changed.
        networks: the shapes of their tensors by the networks' names, as for `Adapter.changes`;
            their tensors are named as in a single file.

    Returns:
        Pieces by the network and its tensor.

    Raises:
        WeightsError: something does not fit; says what does not, and why.
    """
    known = {part: _places(shapes) for part, shapes in networks.items()}
    found: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    faults: dict[str, list[str]] = defaultdict(list)
    for (part, place), change in adapter.changes.items():
        name, third = known.get(part, {}).get(place, ("", 0))
        if not name:
            faults["there is no place for"].append(f"{part} {place}")
            continue
        count, *others = networks[part][name]
        rows = slice(0, count) if third is None else _third(count, third)
        shape = (rows.stop - rows.start, *others)
        if not change.fits(shape):
            faults["of another shape is"].append(f"{part} {place}, not {list(shape)}")
        found[part, name].append(Piece(change, rows))
    if faults:
        told = "; ".join(f"{what} {_some(names)}" for what, names in faults.items())
        raise WeightsError(f"adapter {adapter.name!r} is not made for this model: {told}")
    return dict(found)


def _understood(key: str, where: str) -> tuple[tuple[str, str], str]:
    """Return the place that a tensor's name speaks of, and which factor the tensor is."""
    match = _KEY.fullmatch(key)
    if match is None:
        raise WeightsError(
            f"{where} has {shown(key)}, which is of no adapter; it must be LoRA, LoHa or LoKr"
        )
    leaf = match["leaf"]
    return _place(match["place"]), _SYNONYMS.get(leaf, leaf)


def _place(text: str) -> tuple[str, str]:
    text = text.removeprefix("base_model.model.")
    if ".processor." in text:  # of diffusers before it knew peft
        text = re.sub(r"\.to_out$", ".to_out.0", text.replace(".processor.", "."))
    prefix = next((prefix for prefix in _PREFIXES if text.startswith(prefix)), "")
    return _PREFIXES.get(prefix, "unet"), text.removeprefix(prefix).replace(".", "_")


def _alphas(metadata: Mapping[str, str], where: str) -> dict[str, float]:
    """Return the alphas that diffusers keeps beside the tensors, by the networks' names."""
    try:
        found = json.loads(metadata.get(_REMARK, "{}"))
        told = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
        alphas = {part: told.get(f"{part}.lora_alpha") for part in set(_PREFIXES.values())}
        apart = any(told.get(f"{part}.alpha_pattern") for part in alphas)
        stable = any(told.get(f"{part}.use_rslora") for part in alphas)
        numbers = {part: float(alpha) for part, alpha in alphas.items() if alpha is not None}
    except (ValueError, TypeError, RecursionError) as error:
        raise WeightsError(f"{where} has remarks of peft that cannot be read") from error
    if apart or stable:
        what = "an alpha for each place" if apart else "alphas over roots of ranks"
        raise WeightsError(f"{where} has {what} among its remarks; one for all is supported")
    return numbers


def _places(shapes: Shapes) -> dict[str, tuple[str, int | None]]:
    """Return a network's matrices, and thirds of them, by all names of their places."""
    kind = "open_clip" if "token_embedding.weight" in shapes else "unet"
    kind = "clip" if any(name.startswith("text_model.") for name in shapes) else kind
    found: dict[str, tuple[str, int | None]] = {}
    for name, own in folder_names(kind, shapes).items():
        if not name.endswith(".weight"):
            continue
        match = _THIRD.fullmatch(name)
        place = (f"{match['fused']}_weight", int(match["third"])) if match else (name, None)
        for each in (name, own):
            found[each.removesuffix(".weight").replace(".", "_")] = place
    return found


def _third(rows: int, third: int) -> slice:
    return slice(rows // 3 * third, rows // 3 * (third + 1))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SOME} more" if len(names) > _SOME else ""
    return ", ".join(shown(name)[1:-1] for name in names[:_SOME]) + more


def _multiplied(factors: Factors) -> tuple[Tensor, int | None]:
    """Return the product of factors, its rows as they are to be, and its rank if it has one.

    Raises:
        KeyError: one is missing.
        IndexError: one has too few dimensions.
        RuntimeError: they do not fit each other.
    """
    forms: Iterable[tuple[str, Callable[[Factors], tuple[Tensor, int | None]]]] = (
        ("lora_", _lora),
        ("hada_", _loha),
        ("lokr_", _lokr),
    )
    told = [form for mark, form in forms if any(name.startswith(mark) for name in factors)]
    if len(told) != 1:
        raise KeyError("of one form")
    return told[0](factors)


def _lora(factors: Factors) -> tuple[Tensor, int | None]:
    up, down = factors["lora_up"], factors["lora_down"]
    rank = down.shape[0]
    if "lora_mid" in factors:
        return _tucker(factors["lora_mid"], up.flatten(1).T, down.flatten(1)), rank
    return up.flatten(1) @ down.flatten(1), rank


def _loha(factors: Factors) -> tuple[Tensor, int | None]:
    one, two = (
        _matrix(factors, f"hada_w{number}_a", f"hada_w{number}_b", f"hada_t{number}")
        for number in (1, 2)
    )
    if one.shape != two.shape:
        raise RuntimeError("two matrices of one shape")
    return one * two, factors["hada_w1_b"].shape[0]


def _lokr(factors: Factors) -> tuple[Tensor, int | None]:
    one, two = (
        factors[f"lokr_w{number}"]
        if f"lokr_w{number}" in factors
        else _matrix(factors, f"lokr_w{number}_a", f"lokr_w{number}_b", f"lokr_t{number}")
        for number in (1, 2)
    )
    ranks = [factors[name].shape[0] for name in ("lokr_w2_b", "lokr_w1_b") if name in factors]
    return torch.kron(one, two.flatten(1)), ranks[0] if ranks else None


def _matrix(factors: Factors, a: str, b: str, kernel: str) -> Tensor:
    """Return the product of two factors, with a kernel between them if there is one."""
    if kernel in factors:
        return _tucker(factors[kernel], factors[a], factors[b])
    return factors[a] @ factors[b].flatten(1)


def _tucker(kernel: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return (rows, columns * k * k) of a kernel (r, s, k, k), a (r, rows), b (s, columns)."""
    return torch.einsum("rskl,ro,si->oikl", kernel, a, b).flatten(1)
