"""What a recipe asks for on the machine at hand."""

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from underpaint.errors import RequestError
from underpaint.requests.train import TrainRequest

__all__ = ["asked"]


def asked(recipe: ModuleType, overrides: Mapping[str, Any], *, gpu: bool = False) -> TrainRequest:
    """Return a recipe's request for this machine, with what a person wants otherwise.

    Args:
        recipe: a module of `training.recipes`.
        overrides: fields of the request, which go before all else.
        gpu: take the recipe's settings for one large GPU, its `GPU`.

    Raises:
        RequestError: the recipe has none, or a value is outside what is allowed.
    """
    settings = getattr(recipe, "GPU", None) if gpu else {}
    if settings is None:
        name = recipe.__name__.rpartition(".")[2]
        raise RequestError(f"recipe {name!r} has no settings of its own for a GPU; leave out --gpu")
    return replace(recipe.request(), **{**settings, **overrides})
