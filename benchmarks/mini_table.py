"""The whole table of what `mini` should be able to do: paints, judges, and gives rows to print.

Each figure is a function of a `Bench`; the seeds are fixed, so a figure changes with the weights
alone. What the data at hand cannot show, one style's say, is told instead of a number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import mini_figures as figures
import numpy as np
import torch
from mini_judge import Judge
from PIL import Image

import underpaint
from underpaint import media
from underpaint.families._model import Model
from underpaint.training.colours import HUES, PAINTS
from underpaint.training.cutouts import SIDE, load
from underpaint.training.naming import article
from underpaint.training.recipes._emoji import concepts

SYNONYMS = Path(__file__).with_name("mini_synonyms.txt")
STRENGTH = 0.6
AT_ONCE = 4


class Shown(NamedTuple):
    """A real picture.

    Attributes:
        name: of the thing.
        style: it is in.
        picture: on white, RGB.
    """

    name: str
    style: str
    picture: Image.Image


@dataclass
class Bench:
    """A model, the real pictures, and the judge that has seen them.

    Attributes:
        request: what every prompt is painted with.
        model: that paints.
        real: pictures that are learnt from.
        held_out: pictures that are not.
        judge: knows `real`.
        most: pictures a figure may take; its own number if that is less.
        few: the four-step form's request and model; None if there is none.
    """

    request: underpaint.ImageRequest
    model: Model
    real: Sequence[Shown]
    held_out: Sequence[Shown]
    judge: Judge
    most: int
    few: tuple[underpaint.ImageRequest, Model] | None = None

    def __post_init__(self) -> None:
        """Number the things and the styles."""
        self.names = list(dict.fromkeys(shown.name for shown in self.real))
        self.styles = list(dict.fromkeys(shown.style for shown in self.real))
        numbers = {name: number for number, name in enumerate(self.names)}
        self.kinds = torch.tensor([numbers[shown.name] for shown in self.real])
        self.looks = torch.tensor([self.styles.index(shown.style) for shown in self.real])
        self.painted: list[Image.Image] = []

    def some(self, count: int) -> list[int]:
        """Return so many things, or as many as are wanted, spread evenly."""
        wanted = min(count, self.most)
        return np.linspace(0, len(self.names) - 1, wanted).round().astype(int).tolist()

    def paint(self, prompts: Sequence[str], **otherwise: object) -> list[Image.Image]:
        """Paint each prompt once, in the usual way but for some fields of the request."""
        asked = replace(self.request, **otherwise)
        pictures = [_painted(replace(asked, prompt=prompt), self.model) for prompt in prompts]
        self.painted += pictures
        return pictures


Row = tuple[str, str]


def shown(folder: Path, name: str) -> list[Shown]:
    """Return real pictures: of a file of cut-outs if there is one, else of one style.

    Args:
        folder: what `--prepare` of a recipe made.
        name: of the file, "cutouts" or "held_out".
    """
    path = folder / f"{name}.safetensors"
    if path.is_file():
        kept = load(path, SIDE)
        cut_outs = zip(kept.marks, kept.pixels, strict=True)
        return [
            Shown(kept.things[mark.thing].name, mark.style, _on_white(pixels.numpy()))
            for mark, pixels in cut_outs
            if mark.weight == 1
        ]
    if name == "held_out":
        return []
    return [
        Shown(thing.name, "3d render", _on_white(media.Image.read(thing.picture).array()))
        for thing in concepts(folder / "packages")
    ]


def things(bench: Bench) -> Iterator[Row]:
    """Concept accuracy, in the usual style."""
    some = bench.some(500)
    pictures = bench.paint([f"{bench.names[thing]}, 3d render" for thing in some])
    top1, top5 = figures.nearest(bench.judge.likeness(pictures), bench.kinds, torch.tensor(some))
    yield f"concepts, {len(some)} prompts: top-1 / top-5", f"{_share(top1)} / {_share(top5)}"
    if bench.few is None:
        yield "four-step form: concept top-1", "no model given (--few)"
        return
    request, model = bench.few
    quick = [_painted(replace(request, prompt=f"{bench.names[t]}, 3d render"), model) for t in some]
    few, _ = figures.nearest(bench.judge.likeness(quick), bench.kinds, torch.tensor(some))
    yield "four-step form: concept top-1", f"{_share(few)}, {_share(few / max(top1, 1e-9))} of it"


def colours(bench: Bench) -> Iterator[Row]:
    """A COLOUR OBJECT."""
    some = [bench.names[thing] for thing in bench.some(200)]
    words = list(islice(cycle(HUES), len(some)))
    prompts = [f"{article(word)} {word} {name}" for word, name in zip(words, some, strict=True)]
    right = figures.obeyed_colours(bench.paint(prompts), words)
    yield f'"a COLOUR OBJECT", {len(some)} prompts', _share(right)


def backgrounds(bench: Bench) -> Iterator[Row]:
    """OBJECT on a COLOUR background."""
    some = [bench.names[thing] for thing in bench.some(100)]
    words = list(islice(cycle(PAINTS), len(some)))
    pairs = zip(some, words, strict=True)
    prompts = [f"{name} on {article(word)} {word} background" for name, word in pairs]
    right = figures.obeyed_backgrounds(bench.paint(prompts), words)
    yield f'"... on a COLOUR background", {len(some)} prompts', _share(right)


def styles(bench: Bench) -> Iterator[Row]:
    """OBJECT, STYLE."""
    some = bench.some(200)
    if len(bench.styles) == 1:
        yield "style word obeyed", "this data has one style"
        return
    looks = list(islice(cycle(range(len(bench.styles))), len(some)))
    pairs = list(zip(some, looks, strict=True))
    prompts = [f"{bench.names[thing]}, {bench.styles[look]}" for thing, look in pairs]
    likeness = bench.judge.likeness(bench.paint(prompts))
    right = figures.obeyed_styles(likeness, bench.kinds, bench.looks, torch.tensor(pairs))
    yield f"style word obeyed, {len(some)} prompts", _share(right)


def synonyms(bench: Bench) -> Iterator[Row]:
    """Words that no caption holds, for things that pictures show."""
    lines = [line for line in SYNONYMS.read_text("utf-8").splitlines() if line[0] != "#"]
    known = [line.split("\t") for line in lines if line.split("\t")[1] in bench.names]
    known = known[: bench.most]
    if not known:
        yield "synonyms never seen in captions", "this data has none of their things"
        return
    pictures = bench.paint([f"{word}, 3d render" for word, _ in known])
    wanted = torch.tensor([bench.names.index(name) for _, name in known])
    _, top5 = figures.nearest(bench.judge.likeness(pictures), bench.kinds, wanted)
    yield f"{len(known)} synonyms never seen in captions: top-5", _share(top5)


def doodles(bench: Bench) -> Iterator[Row]:
    """Held-out pictures flattened and blurred, painted over with their names."""
    known = [one for one in bench.held_out if one.name in bench.names] or list(bench.real)
    stride = max(1, len(known) // min(100, bench.most))
    known = known[::stride][: min(100, bench.most)]
    sketches = [figures.doodle(one.picture) for one in known]
    pictures = [
        _painted(
            replace(
                bench.request,
                prompt=f"{one.name}, {one.style}",
                init=media.Image.of(np.array(sketch)),
                strength=STRENGTH,
            ),
            bench.model,
        )
        for one, sketch in zip(known, sketches, strict=True)
    ]
    wanted = torch.tensor([bench.names.index(one.name) for one in known])
    _, top5 = figures.nearest(bench.judge.likeness(pictures), bench.kinds, wanted)
    errors = [figures.colour_error(*pair) for pair in zip(pictures, sketches, strict=True)]
    which = "held-out" if bench.held_out else "learnt, for nothing is held out"
    yield f"{len(known)} doodles ({which}): top-5", _share(top5)
    yield "doodles: mean colour error of 8x8 cells", f"{np.mean(errors):.3f}"


def distance(bench: Bench) -> Iterator[Row]:
    """KID of samples, and of real pictures beside it."""
    if len(bench.held_out) < 2:
        yield "KID x 1000 (EfficientNet-lite0)", "nothing is held out in this data"
        return
    some = islice(cycle(bench.real), min(2000, max(2, bench.most)))
    prompts = [f"{one.name}, {one.style}" for one in some]
    pictures = bench.paint(prompts)
    held = bench.judge.features([one.picture for one in bench.held_out])
    learnt = bench.judge.features([one.picture for one in bench.real[: len(prompts)]])
    ours = figures.kernel_distance(bench.judge.features(pictures), held)
    yield (
        f"KID x 1000 (EfficientNet-lite0), {len(prompts)} samples / real against real",
        f"{1000 * ours:.2f} / {1000 * figures.kernel_distance(learnt, held):.2f}",
    )


def first_stage(bench: Bench) -> Iterator[Row]:
    """What the autoencoder keeps of held-out pictures, and how long four of 512x512 take."""
    some = (bench.held_out or bench.real)[: min(64, bench.most)]
    side = bench.model.canvas(512, 512)[0]
    ratios: list[float] = []
    for one in some:
        pixels = _pixels(one.picture.resize((side, side), Image.Resampling.BICUBIC))
        with torch.no_grad():
            back = bench.model.decode(bench.model.encode(pixels))
        small = torch.nn.functional.interpolate(back, size=(256, 256), mode="area")
        ratios.append(figures.noise_ratio(small, _pixels(one.picture.resize((256, 256)))))
    latent = torch.zeros(AT_ONCE, *bench.model.latent_shape(side, side))
    took = min(_seconds(lambda: bench.model.decode(latent)) for _ in range(3))
    yield f"autoencoder, {len(some)} pictures at 256x256: PSNR", f"{np.mean(ratios):.2f} dB"
    yield f"autoencoder: decode of {AT_ONCE} at {side}x{side}", f"{took:.2f} s"


def speed(bench: Bench) -> Iterator[Row]:
    """Four pictures of 512x512."""
    for label, pair in (("20 steps", (bench.request, bench.model)), ("four-step form", bench.few)):
        if pair is None:
            yield f"four 512x512, {label}", "no model given (--few)"
            continue
        request, model = pair
        asked = replace(request, prompt="banana", width=512, height=512, batch=AT_ONCE)
        took = _seconds(lambda asked=asked, model=model: list(underpaint.generate(asked, model)))
        yield f"four 512x512, {label}", f"{took:.2f} s"


FIGURES: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "things": things,
    "colours": colours,
    "backgrounds": backgrounds,
    "styles": styles,
    "synonyms": synonyms,
    "doodles": doodles,
    "distance": distance,
    "first_stage": first_stage,
    "speed": speed,
}
"""By the name that the command line has for each."""


def _painted(request: underpaint.ImageRequest, model: Model) -> Image.Image:
    for event in underpaint.generate(request, model):
        if isinstance(event, underpaint.events.Finished):
            return Image.fromarray(event.media.array())
    raise RuntimeError(f"no picture came for {request.prompt}")


def _on_white(pixels: np.ndarray) -> Image.Image:
    picture = Image.fromarray(pixels).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _pixels(picture: Image.Image) -> torch.Tensor:
    array = torch.from_numpy(np.array(picture.convert("RGB")))
    return array.permute(2, 0, 1)[None].float() / 127.5 - 1


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    with torch.no_grad():
        work()
    return time.perf_counter() - start


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"
