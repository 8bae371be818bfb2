"""A text encoder that tells captions apart before it has seen a picture.

Taught along with a denoiser, an encoder stays lazy: colour is all it needs to say at first, and
after 57,000 pictures the pooled vectors of 285 names still lay on one line. So it learns to read
beforehand, from the sentence encoder that made its token table, and is frozen from then on.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint.networks.clip import ClipText
from underpaint.training.recipes._emoji import BACKGROUNDS, ENDINGS, OPENINGS
from underpaint.training.schedule import learning_rate

__all__ = ["phrases", "reading", "targets"]

BATCH = 256
PEAK = 2e-3
WARMUP = 50
FLOOR = 0.3
"""What is added to each direction's variance, in units of their mean: rare ones are noise."""


def phrases(names: Iterable[str], words: Iterable[str]) -> list[str]:
    """What else there is to read beside captions: other names in their manner, and bare words.

    Args:
        names: of things, known from pictures or not.
        words: of the language.

    Returns:
        Each once, sorted.
    """
    draw = random.Random(0)
    colours = list(BACKGROUNDS)
    found = set(words) | {""}
    for name in names:
        found |= {name, f"{name}, 3d render", f"a {name}", f"a {draw.choice(colours)} {name}"}
        found.add(f"{name} on a {draw.choice(colours)} background")
        found.add(f"{draw.choice(OPENINGS)}{name}{draw.choice(ENDINGS)}")
    return sorted(found)


def targets(meaning: Tensor, captions: int, width: int) -> Tensor:
    """What the pooled vectors should be: meanings, stretched until captions lie far apart.

    Args:
        meaning: of all texts, (N, 384).
        captions: how many of them, the first ones, describe pictures.
        width: of the text encoder, at most 384.

    Returns:
        (N, width), of variance 1 over the captions: meanings in their strongest directions, each
        divided by its deviation.
    """
    centred = meaning - meaning.mean(0)
    spread = torch.cat([centred, meaning[:captions] - meaning[:captions].mean(0)])
    variances, directions = torch.linalg.eigh(spread.T @ spread / len(spread))
    variances, directions = variances.flip(0)[:width], directions.flip(1)[:, :width]
    whitened = centred @ directions / (variances + FLOOR * variances.mean()).sqrt()
    return whitened / whitened[:captions].std()


def reading(
    encoder: ClipText, ids: Tensor, wanted: Tensor, *, weights: Sequence[float], steps: int
) -> Iterator[int]:
    """Teach an encoder to read: its pooled vectors come to be what is wanted.

    Args:
        encoder: learns in place, all but its token table.
        ids: of the texts, (N, L) int64, end tokens to the full length.
        wanted: their pooled vectors, (N, width).
        weights: how often each text comes, in any unit.
        steps: of 256 texts each.

    Yields:
        The number of steps done.
    """
    chance = torch.Generator().manual_seed(0)
    often = torch.tensor(weights, dtype=torch.float32)
    lengths = (ids != ids[0, -1]).sum(1) + 1
    learning = [weight for weight in encoder.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learning, betas=(0.9, 0.98))
    for step in range(steps):
        chosen = torch.multinomial(often, BATCH, replacement=True, generator=chance)
        cut = ids[chosen, : int(lengths[chosen].max())]
        with torch.autocast("cpu", torch.bfloat16):
            _, pooled = encoder(cut)
        F.mse_loss(pooled.float(), wanted[chosen]).backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, peak=PEAK, warmup=WARMUP, steps=steps)
        optimizer.step()
        optimizer.zero_grad()
        yield step + 1
