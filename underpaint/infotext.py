"""The text inside a picture that says how it was made, in the layout of AUTOMATIC1111.

    a lighthouse, (storm:1.2)
    Negative prompt: people
    Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x512, ...

The prompt, then the negative prompt if there is one, then one line of `Key: value` pairs. A value
with a comma, colon or newline in it is quoted as JSON. Every program that shows or imports such
texts reads ours, and `read` reads theirs.
"""

import importlib.metadata
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from underpaint.errors import RequestError
from underpaint.requests._emphasis import EMPHASES, emphasis_id
from underpaint.requests._samplers import AUTOMATIC, SCHEDULES, label, own_schedule
from underpaint.requests.image import ImageRequest

_NEGATIVE = "Negative prompt:"
_KEY = re.compile(r"\w[\w \-/]+")
_QUOTED = re.compile(r'"(?:\\.|[^\\"])*"\s*(?=,|$)')
_SIZE = re.compile(r"(\d{1,9})x(\d{1,9})")

# What the layout cannot carry exactly (a line of the prompt that begins with "Negative prompt:",
# a carriage return) goes here as well, quoted; other programs pass over keys they do not know.
_EXACT_PROMPT, _EXACT_NEGATIVE = "Exact prompt", "Exact negative prompt"

_WHOLE = {
    "Steps": "steps",
    "Seed": "seed",
    "Variation seed": "variation_seed",
    "Clip skip": "clip_skip",
}
_REAL = {
    "CFG scale": "guidance_scale",
    "Variation seed strength": "variation_strength",
    "Denoising strength": "strength",
    "CFG rescale": "guidance_rescale",
}
_TEXT = {
    "Sampler": "sampler",
    "Schedule type": "schedule",
    "Model": "model",
}
_EXACT = {_EXACT_PROMPT: "prompt", _EXACT_NEGATIVE: "negative"}


def write(request: ImageRequest, *, model_hash: str, model_name: str) -> str:
    """Return the text for the one picture that `request` paints.

    A schedule of "automatic" is written as what it means for the sampler, since that may change
    and the text must not: `read` then gives the request back with the schedule spelled out.
    Strength is written for a picture with an init, variations when there are any; pictures are
    not.

    Args:
        request: seeds drawn, batch 1: what `ImageRequest.alone` returns.
        model_hash: the first ten hexadecimal digits of the SHA-256 of the model's file; "" when
            it is not known.
        model_name: what the model is called, which may be longer than `request.model`.
    """
    assert request.batch == 1, "a text is about one picture"
    assert request.seed >= 0, "a text is about a picture whose seed is drawn"
    pairs = _pairs(request, model_hash, model_name)
    head = [request.prompt] if request.prompt else []
    head += [f"{_NEGATIVE} {request.negative}"] if request.negative else []
    if _prompts("\n".join(head).split("\n")) != (request.prompt, request.negative):
        pairs |= {_EXACT_PROMPT: request.prompt, _EXACT_NEGATIVE: request.negative}
    pairs["Version"] = f"underpaint {_version()}"
    return "\n".join([*head, ", ".join(_pair(key, value) for key, value in pairs.items())])


def read(text: str) -> ImageRequest:
    """Return the request for the picture that `text` is about; what it leaves out is the default.

    Keys that mean nothing here are passed over. The batch is 1.

    Raises:
        UnknownEntryError: a sampler, schedule or emphasis that we do not have.
        RequestError: another value outside what is allowed.
    """
    prompt, negative, pairs = parts(text)
    values: dict[str, Any] = {"prompt": prompt, "negative": negative, "batch": 1}
    values |= {field: pairs[key] for key, field in _TEXT.items() if pairs.get(key)}
    values |= {field: pairs[key] for key, field in _EXACT.items() if key in pairs}
    values |= {field: _number(int, pairs[key]) for key, field in _WHOLE.items() if pairs.get(key)}
    values |= {field: _number(float, pairs[key]) for key, field in _REAL.items() if pairs.get(key)}
    values |= {"emphasis": emphasis_id(pairs["Emphasis"])} if pairs.get("Emphasis") else {}
    values |= _sides(pairs)
    return ImageRequest(**values)


def parts(text: str) -> tuple[str, str, dict[str, str]]:
    """Return the prompt, the negative prompt and the pairs of `text`, whatever their keys.

    The last line holds the pairs if there are at least three in it; without such a line all of
    `text` is prompt.
    """
    lines = text.rstrip().split("\n")
    pairs = dict(_scanned(lines[-1]))
    if len(pairs) < 3:
        pairs = {}
    prompt, negative = _prompts(lines[:-1] if pairs else lines)
    return prompt, negative, pairs


def _pairs(request: ImageRequest, model_hash: str, model_name: str) -> dict[str, str]:
    """Return the pairs in A1111's order, then ours; without those that say nothing."""
    automatic = request.schedule == AUTOMATIC
    varied, skipped = request.variation_strength > 0, request.clip_skip > 1
    weighed = request.emphasis != "original"
    pairs = {
        "Steps": request.steps,
        "Sampler": label(request.sampler),
        "Schedule type": SCHEDULES[
            own_schedule(request.sampler) if automatic else request.schedule
        ],
        "CFG scale": request.guidance_scale,
        "Seed": request.seed,
        "Size": f"{request.width}x{request.height}",
        "Model hash": model_hash or None,
        "Model": model_name,
        "Variation seed": request.variation_seed if varied else None,
        "Variation seed strength": request.variation_strength if varied else None,
        "Denoising strength": None if request.init is None else request.strength,
        "Clip skip": request.clip_skip if skipped else None,
        "Emphasis": EMPHASES[request.emphasis] if weighed else None,
        "CFG rescale": request.guidance_rescale or None,
    }
    return {key: _words(value) for key, value in pairs.items() if value is not None}


def _words(value: float | str) -> str:
    """Return a value in words; whole numbers without a fraction, others exact."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _pair(key: str, value: str) -> str:
    """Return "key: value", quoted when it must be or would not come back as it is."""
    plain = not set(value) & set(",:\n") and value == value.strip() and not value.startswith('"')
    return (
        f"{key}: {value if plain and key not in _EXACT else json.dumps(value, ensure_ascii=False)}"
    )


def _scanned(line: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs in `line`, in one pass over it; what is no pair is passed over."""
    start = 0
    while start < len(line):
        end = _until(line, ",", start)
        colon = _until(line, ":", start, end)
        key, value = line[start:colon].strip(), line[colon + 1 : end].strip()
        opening = line.find('"', colon, end)
        quoted = _QUOTED.match(line, opening) if value.startswith('"') else None
        if quoted:
            value, end = _unquoted(quoted.group()), quoted.end()
        if colon < end and _KEY.fullmatch(key):
            yield key, value
        start = end + 1


def _until(line: str, mark: str, start: int, end: int | None = None) -> int:
    """Return where `mark` comes first in line[start:end], or `end` when it does not."""
    found = line.find(mark, start, end)
    return found if found >= 0 else len(line) if end is None else end


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return text.strip()


def _prompts(lines: list[str]) -> tuple[str, str]:
    """Return the prompt and the negative prompt in the lines above the pairs."""
    lines = [line.rstrip("\r") for line in lines]
    for index, line in enumerate(lines):
        if line.lstrip().startswith(_NEGATIVE):
            first = line.lstrip().removeprefix(_NEGATIVE).removeprefix(" ")
            return "\n".join(lines[:index]), "\n".join([first, *lines[index + 1 :]])
    return "\n".join(lines), ""


def _number(kind: Callable[[str], float], text: str) -> float | str:
    """Return the number in `text`; `text` when it is none, for the request to refuse by name."""
    try:
        return kind(text)
    except ValueError:
        return text


def _sides(pairs: Mapping[str, str]) -> dict[str, int]:
    """Return width and height from "512x768"; nothing when the text has no size."""
    if not pairs.get("Size"):
        return {}
    size = _SIZE.fullmatch(pairs["Size"])
    if size is None:
        raise RequestError(f"Size is {pairs['Size'][:60]!r}; it must be like 512x768")
    return {"width": int(size[1]), "height": int(size[2])}


def _version() -> str:
    try:
        return importlib.metadata.version("underpaint")
    except importlib.metadata.PackageNotFoundError:  # run from a folder, not installed
        return "from source"
