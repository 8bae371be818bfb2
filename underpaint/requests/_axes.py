"""Axes of a grid: what changes from picture to picture, in the notation of AUTOMATIC1111.

steps: 10, 20, 40          a field of a picture's request, by our name or A1111's, and values
CFG Scale: 4-10 (+2)       4, 6, 8, 10
strength: 0-1 [5]          five values, evenly spread
Prompt S/R: cat, dog       the prompts as they are, then with "dog" wherever "cat" stands
Prompt order: red, old     every order of these words
Size: 512x512, 512x768
"""

import csv
import io
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.requests._fields import Field, fields, shown
from underpaint.requests._ranges import spread
from underpaint.requests.image import ImageRequest

MOST = 256
SEEDS = ("seed", "variation_seed")

# A1111's names of axes that are a field of ours, and the field.
LABELS: Mapping[str, str] = {
    "Seed": "seed",
    "Var. seed": "variation_seed",
    "Var. strength": "variation_strength",
    "Steps": "steps",
    "Hires steps": "hires_steps",
    "CFG Scale": "guidance_scale",
    "Sampler": "sampler",
    "Hires sampler": "hires_sampler",
    "Checkpoint name": "model",
    "Sigma Churn": "s_churn",
    "Sigma min": "s_tmin",
    "Sigma max": "s_tmax",
    "Sigma noise": "s_noise",
    "Schedule type": "schedule",
    "Schedule min sigma": "sigma_min",
    "Schedule max sigma": "sigma_max",
    "Schedule rho": "rho",
    "Eta": "eta",
    "Clip skip": "clip_skip",
    "Denoising": "strength",
    "Hires upscaler": "hires_upscaler",
    "Always discard next-to-last sigma": "discard_penultimate",
    "RNG source": "noise_source",
}
SEARCH, ORDER, SIZE = "Prompt S/R", "Prompt order", "Size"

_SIZE = re.compile(r"(\d{1,5})\s*[xX×]\s*(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Axis:
    """What changes along one side of a grid.

    Attributes:
        name: what people call it, as A1111 does where it has a name.
        field: the field that changes; "" where it is more than one.
        values: what it comes to, one after the other, as text.
        change: gives a request with one of the values.
    """

    name: str
    field: str
    values: tuple[str, ...]
    change: Callable[[ImageRequest, str], ImageRequest]

    def label(self, index: int) -> str:
        """Return what is written beside the pictures of a value: "Steps: 20"."""
        value = self.values[index]
        return value if self.field in ("", "model", "sampler") else f"{self.name}: {value}"

    def text(self) -> str:
        """Return the axis in its notation, every value by itself."""
        return f"{self.name}: {listed(self.values)}"

    def drawn(self, draw: Callable[[], int]) -> "Axis":
        """Return the axis with a seed in place of each -1."""
        if self.field not in SEEDS:
            return self
        values = (str(draw() % 2**32) if value == "-1" else value for value in self.values)
        return replace(self, values=tuple(values))


def axis(text: str) -> Axis | None:
    """Return the axis in `text`; None where that says nothing.

    Raises:
        RequestError: it has no values, too many of them, or one that is no number where it must
            be.
        UnknownEntryError: there is no such axis; lists those there are.
    """
    name, _, rest = (part.strip() for part in text.partition(":"))
    if name.casefold() in ("", "nothing"):
        return None
    field, words = _known(name), _split(name, rest)
    if not words:
        raise RequestError(f"{name!r} has no values; give some, as in {name + ': 1, 2'!r}")
    if isinstance(field, str):
        return _special(field, words)
    values = tuple(itertools.islice(spread(field, words), MOST + 1))
    if len(values) > MOST:
        raise RequestError(f"{name!r} has more than {MOST} values, the most there may be")
    return Axis(_label(field.name), field.name, values, _changing(field))


def listed(values: Sequence[str]) -> str:
    """Return values as one text, quoted where they hold a comma."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue().replace(",", ", ") if '"' not in line.getvalue() else line.getvalue()


def names() -> tuple[str, ...]:
    """Return the names of all axes: A1111's, then ours."""
    return (*LABELS, SEARCH, ORDER, SIZE, *_fields())


@cache
def _fields() -> dict[str, Field]:
    """Return the fields that may change: numbers and words, but for the number of pictures."""
    return {
        field.name: field
        for field in fields(ImageRequest)
        if field.kind in (int, float, bool, str) and not field.many and field.name != "batch"
    }


def _known(name: str) -> Field | str:
    """Return the field of an axis, or the name of one that is about several.

    Raises:
        UnknownEntryError: there is no such axis.
    """
    known, folded = _fields(), _folded(name)
    if name in known:  # first of all, since A1111's "Sigma min" is not our sigma_min
        return known[name]
    special = {_folded(special): special for special in (SEARCH, ORDER, SIZE)}
    labels = {_folded(label): known[field] for label, field in LABELS.items()}
    named = {_folded(field): known[field] for field in known} | labels | special
    if folded in named:
        return named[folded]
    raise UnknownEntryError("axes", name, names())


def _folded(name: str) -> str:
    return "".join(name.casefold().split()).replace("_", "").replace("-", "")


def _label(field: str) -> str:
    return next((label for label, known in LABELS.items() if known == field), field)


def _split(name: str, text: str) -> list[str]:
    try:
        rows = list(csv.reader(io.StringIO(text), skipinitialspace=True))
    except csv.Error as error:
        raise RequestError(f"the values of {name!r} are no list: {error}") from error
    return [word.strip() for row in rows for word in row if word.strip()]


def _changing(field: Field) -> Callable[[ImageRequest, str], ImageRequest]:
    def change(request: ImageRequest, value: str) -> ImageRequest:
        return replace(request, **{field.name: _value(field, value)})

    return change


def _value(field: Field, text: str) -> object:
    """Return the value in a text; the text itself if there is none, for the request to refuse."""
    if field.kind is bool:
        return {"true": True, "false": False}.get(text.casefold(), text)
    if field.kind in (int, float):
        return field.kind(text)
    return text.casefold() if text.casefold() in field.choices else text


def _special(name: str, words: Sequence[str]) -> Axis:
    """Return an axis that is about more than one field.

    Raises:
        RequestError: there are too many orders of so many words.
    """
    if name == SIZE:
        return Axis(name, "", tuple(words), _sized)
    if name == SEARCH:
        return Axis(name, "", tuple(words), lambda one, word: _searched(one, words[0], word))
    if math.factorial(len(words)) > MOST:
        raise RequestError(
            f"{name!r} has {len(words)} words; that makes more than {MOST} orders of them"
        )
    orders = {listed(order): order for order in itertools.permutations(words)}
    return Axis(name, "", tuple(orders), lambda one, order: _ordered(one, orders[order]))


def _sized(request: ImageRequest, value: str) -> ImageRequest:
    found = _SIZE.fullmatch(value)
    if found is None:
        raise RequestError(f"{SIZE} is {shown(value)}; it must be like 512x768")
    return replace(request, width=int(found[1]), height=int(found[2]))


def _searched(request: ImageRequest, searched: str, value: str) -> ImageRequest:
    if searched not in request.prompt and searched not in request.negative:
        raise RequestError(
            f"{SEARCH} is to search for {shown(searched)}, which is neither in prompt nor negative"
        )
    prompts = (text.replace(searched, value) for text in (request.prompt, request.negative))
    prompt, negative = prompts
    return replace(request, prompt=prompt, negative=negative)


def _ordered(request: ImageRequest, order: Sequence[str]) -> ImageRequest:
    """Return a request whose prompt has words in this order, each in the place of another."""
    missing = [word for word in order if word not in request.prompt]
    if missing:
        raise RequestError(f"{ORDER} is to move {shown(missing[0])}, which is not in prompt")
    places = "|".join(re.escape(word) for word in sorted(order, key=len, reverse=True))
    following = iter(order)
    prompt = re.sub(places, lambda _: next(following), request.prompt, count=len(order))
    return replace(request, prompt=prompt)
