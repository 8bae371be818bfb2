"""Networks for which a picture goes on beyond each edge at the opposite one: what they paint tiles.

A convolution that sees zeros beyond an edge knows where the picture ends. One that sees the
opposite edge does not, and paints what fits itself on all sides.
"""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from torch import nn

__all__ = ["circular", "plain"]

CIRCULAR: Final = "circular"


def plain(network: nn.Module) -> AbstractContextManager[None]:
    """Leave a network as it is.

    Args:
        network: any.
    """
    del network
    return nullcontext()


@contextmanager
def circular(network: nn.Module) -> Generator[None]:
    """Let a network's convolutions see the opposite edge beyond each, until the context ends.

    Then each sees what it saw before. One thread at a time may be within.

    Args:
        network: whose convolutions; those that see single pixels have no edges.
    """
    seeing = [
        (layer, layer.padding_mode)
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d) and max(layer.kernel_size) > 1
    ]
    try:
        for layer, _ in seeing:
            layer.padding_mode = CIRCULAR
        yield
    finally:
        for layer, mode in seeing:
            layer.padding_mode = mode  # pyright: ignore[reportAttributeAccessIssue]
