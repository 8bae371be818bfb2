"""Which tensor belongs where: parts of a checkpoint, and the loading of a network from one."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from underpaint.errors import WeightsError
from underpaint.weights._header import shown
from underpaint.weights._lazy import Tensors, promises

__all__ = ["bind", "hollow", "split", "text_model"]

_NAMED = 10

# Numbers that training or older programs leave in checkpoints and no network needs: places of
# tokens, a discriminator, averages kept twice, CLIP's temperature, OpenCLIP's mask, and CLIP's way
# to picture space (OpenCLIP's, which SDXL takes, has no `.weight`).
_HARMLESS = re.compile(
    r"(.*\.)?position_ids|loss\..*|model_ema\..*|logit_scale|attn_mask|text_projection\.weight"
)


Network = TypeVar("Network", bound=nn.Module)


def hollow(make: Callable[[], Network]) -> Network:
    """Return a network whose weights have shapes but neither memory nor numbers, for `bind`.

    Random first weights would be drawn in vain; and even on the meta device, where they cost
    nothing, the first normal draw makes torch load its compiler, which takes seconds.

    Args:
        make: builds the network.
    """
    with torch.device("meta"), _Unfilled():
        return make()


class _Unfilled(TorchFunctionMode):
    """Lets the functions of `torch.nn.init` leave tensors as they are."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        given = kwargs or {}
        if getattr(func, "__module__", None) == nn.init.__name__:
            return given["tensor"] if "tensor" in given else args[0]
        return func(*args, **given)


def split(tensors: Mapping[str, Tensor], prefix: str) -> Mapping[str, Tensor]:
    """Return the tensors below a prefix, without it, and without what no network needs.

    Each is made when it is asked for, and anew each time.

    Args:
        tensors: a whole checkpoint, by name.
        prefix: such as "model.diffusion_model.".
    """
    promised = promises(tensors)
    part = {name[len(prefix) :]: p for name, p in promised.items() if name.startswith(prefix)}
    return Tensors({name: p for name, p in part.items() if not _HARMLESS.fullmatch(name)})


def text_model(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a CLIP text encoder's tensors with `text_model.` before each name.

    transformers has written such names both with and without it.

    Args:
        tensors: by name, below `cond_stage_model.transformer.`.
    """
    prefix = "text_model."
    return {prefix + name.removeprefix(prefix): tensor for name, tensor in tensors.items()}


def bind(module: nn.Module, tensors: Mapping[str, Tensor], where: str) -> None:
    """Make the tensors the network's own weights, all of them and nothing else.

    They are taken, not copied.

    Args:
        module: of the sizes that the tensors have, best a `hollow` one.
        tensors: by the names of `module.state_dict()`, on the device and in the dtype wanted.
        where: the file and part, for the error.

    Raises:
        WeightsError: names are missing, too many, or of another shape.
    """
    wanted = module.state_dict()
    faults = {
        "lacks": [name for name in wanted if name not in tensors],
        "has unexpected": [name for name in tensors if name not in wanted],
        "has in another shape": [
            f"{name} {list(tensors[name].shape)} instead of {list(wanted[name].shape)}"
            for name in wanted
            if name in tensors and tensors[name].shape != wanted[name].shape
        ],
    }
    if any(faults.values()):
        told = "; ".join(f"{what} {_some(names)}" for what, names in faults.items() if names)
        raise WeightsError(f"{where} {told}")
    module.load_state_dict(tensors, assign=True)


def _some(names: Iterable[str]) -> str:
    """Return the first few names and how many more there are."""
    found = [shown(name)[1:-1] for name in names]
    more = len(found) - _NAMED
    return ", ".join(found[:_NAMED]) + (f" and {more} more" if more > 0 else "")
