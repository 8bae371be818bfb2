"""The length of the running mean, chosen after training.

Karras et al. 2024, arXiv:2312.02696, section 3: two running means, each long in proportion to the
training so far, are kept on the way; any other length is, closely, a weighed sum of what was kept.
So the length that paints best is found by painting, not by training again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from underpaint import files
from underpaint.errors import TrainingError
from underpaint.weights.checkpoint import read, save

__all__ = ["LENGTHS", "Kept", "PowerMeans", "chosen", "exponent", "shares"]

LENGTHS = (0.05, 0.10)
"""Of the two that are kept: deviation of a mean's weight over time, as a share of the training."""

FOLDER = "snapshots"


class Kept(NamedTuple):
    """One mean that was kept.

    Attributes:
        step: when.
        length: one of `LENGTHS`.
    """

    step: int
    length: float


def exponent(length: float) -> float:
    """Return gamma of the mean whose weight grows as time^gamma, by its length.

    Eq. 123 of the paper, solved for gamma.

    Args:
        length: sigma_rel, above 0 and below 0.28, that of a mean over all steps alike.

    Raises:
        TrainingError: no mean has this length.
    """
    if not 0 < length < 12**-0.5:
        raise TrainingError(f"length is {length}; it must be above 0 and below {12**-0.5:.3f}")
    precision = length**-2
    low, high = 0.0, precision
    for _ in range(200):
        gamma = (low + high) / 2
        longer = (gamma + 1) * precision > (gamma + 2) ** 2 * (gamma + 3)
        low, high = (gamma, high) if longer else (low, gamma)
    return (low + high) / 2


def shares(kept: Sequence[Kept], wanted: Kept) -> Tensor:
    """Return how much of each kept mean to take: algorithm 3 of the paper.

    Args:
        kept: what there is, at least one.
        wanted: what to come nearest to.

    Returns:
        (len(kept),) float64.
    """
    steps = torch.tensor([one.step for one in kept], dtype=torch.float64)
    gammas = torch.tensor([exponent(one.length) for one in kept], dtype=torch.float64)
    aim_step = torch.tensor([wanted.step], dtype=torch.float64)
    aim_gamma = torch.tensor([exponent(wanted.length)], dtype=torch.float64)
    products = _overlap(steps[:, None], gammas[:, None], steps, gammas)
    aims = _overlap(steps[:, None], gammas[:, None], aim_step, aim_gamma)
    return torch.linalg.lstsq(products, aims, driver="gelsd").solution[:, 0]


def _overlap(step_a: Tensor, gamma_a: Tensor, step_b: Tensor, gamma_b: Tensor) -> Tensor:
    """Return the inner product of the weights over time of two means: eq. 140."""
    ratio = (step_a / step_b) ** torch.where(step_a < step_b, gamma_b, -gamma_a)
    longest = torch.maximum(step_a, step_b)
    return (gamma_a + 1) * (gamma_b + 1) * ratio / ((gamma_a + gamma_b + 1) * longest)


class PowerMeans:
    """Both means, updated once a step beside the usual one."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        """Start from the weights as they are.

        Args:
            weights: the trained parameters by name; they change in place as training goes on.
        """
        self.weights = dict(weights)
        self.gammas = {length: exponent(length) for length in LENGTHS}
        self.means = {
            length: {name: weight.detach().clone() for name, weight in weights.items()}
            for length in LENGTHS
        }

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after a step (0 for the first): eq. 127."""
        current = [weight.detach() for weight in self.weights.values()]
        for length, mean in self.means.items():
            keep = (1 - 1 / (step + 1)) ** (self.gammas[length] + 1)
            torch._foreach_lerp_(list(mean.values()), current, 1 - keep)  # pyright: ignore[reportPrivateImportUsage]

    def named(self) -> dict[str, Tensor]:
        """Return both, as `LENGTH/NAME`."""
        return {
            f"{length}/{name}": tensor
            for length, mean in self.means.items()
            for name, tensor in mean.items()
        }

    @torch.no_grad()
    def load(self, named: Mapping[str, Tensor]) -> None:
        """Go on from what `named` gave; other names are passed over."""
        for name, own in self.named().items():
            own.copy_(named[name])

    def keep(self, folder: Path, step: int) -> Path:
        """Write both in half precision to the folder of a run.

        Raises:
            StorageError: it cannot be written.
        """
        files.folder(folder / FOLDER)
        path = folder / FOLDER / f"step-{step}.safetensors"
        save(path, {name: tensor.half() for name, tensor in self.named().items()}, {})
        return path


def chosen(folder: Path, length: float) -> dict[str, Tensor]:
    """Return the mean of a length at the last step that was kept.

    Args:
        folder: of the run.
        length: sigma_rel, such as 0.08; the nearer to `LENGTHS`, the truer.

    Returns:
        By name, float32.

    Raises:
        TrainingError: nothing was kept, or no mean has this length.
        WeightsError: something that was kept cannot be read.
    """
    paths = {int(path.stem.rpartition("-")[2]): path for path in _snapshots(folder)}
    if not paths:
        raise TrainingError(f"nothing was kept in {str(folder / FOLDER)!r}; see snapshot_every")
    kept = [Kept(step, length) for step in sorted(paths) for length in LENGTHS]
    weights = shares(kept, Kept(max(paths), length)).tolist()
    total: dict[str, Tensor] = {}
    for one, share in zip(kept, weights, strict=True):
        for name, tensor in read(paths[one.step]).tensors.items():
            which, _, own = name.partition("/")
            if which == str(one.length):
                total[own] = total.get(own, torch.zeros(())) + share * tensor.float()
    return total


def _snapshots(folder: Path) -> list[Path]:
    return list((folder / FOLDER).glob("step-*.safetensors"))
