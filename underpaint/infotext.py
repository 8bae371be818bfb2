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
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from underpaint import dialects
from underpaint.errors import RequestError
from underpaint.requests import _control_text
from underpaint.requests._autoencoders import AUTOENCODERS
from underpaint.requests._emphasis import EMPHASES, emphasis_id
from underpaint.requests._fields import SEEDS
from underpaint.requests._keys import KEYS, LABELS
from underpaint.requests._samplers import AUTOMATIC, SCHEDULES, label, own_schedule
from underpaint.requests._upscalers import UPSCALERS
from underpaint.requests.image import ImageRequest

_NEGATIVE = "Negative prompt:"
_FIRST_KEY = "Steps:"
_KEY = re.compile(r"\w[\w \-/]+")
_QUOTED = re.compile(r'"(?:\\.|[^\\"])*"\s*(?=,|$)')
_SIZE = re.compile(r"(\d{1,9})x(\d{1,9})")
_A1111 = re.compile(r"([vf]?\d+\.\d+.*)?")

# What the layout cannot carry exactly (a line of the prompt that begins with "Negative prompt:",
# a carriage return) goes here as well, quoted; other programs pass over keys they do not know.
_EXACT_PROMPT, _EXACT_NEGATIVE = "Exact prompt", "Exact negative prompt"

# What came of a prompt that leaves something to chance. The prompt itself stands where prompts do.
_CHOSEN = ("Chosen prompt", "Chosen negative prompt")
_EXACT = {_EXACT_PROMPT: "prompt", _EXACT_NEGATIVE: "negative"}

_ALWAYS = ("steps", "guidance_scale", "seed")
_READ = {"Scheduler": "schedule"} | {key: field for key, field in KEYS.items() if field}
_NAMES: Mapping[str, Callable[[str], str]] = {
    "noise_source": str.casefold,
    "emphasis": emphasis_id,
}
_DEFAULT = ImageRequest()
_NOTHING: Mapping[str, str] = MappingProxyType({})


def write(
    request: ImageRequest,
    *,
    model_hash: str,
    model_name: str,
    chosen: tuple[str, str] | None = None,
    remarks: Mapping[str, str] = _NOTHING,
) -> str:
    """Return the text for the one picture that `request` paints.

    What is as usual is left out. A schedule of "automatic" is written as what it means for the
    sampler, since that may change and the text must not: `read` then gives the request back with
    the schedule spelled out. Strength is written for a picture with an init, variations when there
    are any, and the noise's source unless it is the one that the key's absence means to A1111;
    pictures are not written.

    Args:
        request: seeds drawn, batch 1: what `ImageRequest.alone` returns.
        model_hash: the first ten hexadecimal digits of the SHA-256 of the model's file; "" when
            it is not known.
        model_name: what the model is called, which may be longer than `request.model`.
        chosen: the prompt and the negative prompt as chance chose them, for people to read.
        remarks: what else is to be told, by keys of A1111's that `read` passes over.
    """
    assert request.batch == 1, "a text is about one picture"
    assert request.seed >= 0, "a text is about a picture whose seed is drawn"
    pairs = _pairs(request, model_hash, model_name) | dict(remarks)
    head = [request.prompt] if request.prompt else []
    head += [f"{_NEGATIVE} {request.negative}"] if request.negative else []
    if _prompts("\n".join(head).split("\n")) != (request.prompt, request.negative):
        pairs |= {_EXACT_PROMPT: request.prompt, _EXACT_NEGATIVE: request.negative}
    if chosen is not None:
        pairs |= {key: text for key, text in zip(_CHOSEN, chosen, strict=True) if text}
    pairs["Version"] = f"underpaint {_version()}"
    return "\n".join([*head, ", ".join(pair(key, value) for key, value in pairs.items())])


def read(text: str) -> ImageRequest:
    """Return the request for the picture that `text` is about; what it leaves out is the default.

    Keys that mean nothing here are passed over, and a key's letter case. The batch is 1. Where a
    text of A1111 says nothing of the noise's source, it was a graphics card: `nv`.

    Raises:
        UnknownEntryError: a sampler, schedule or emphasis that we do not have.
        RequestError: another value outside what is allowed.
    """
    prompt, negative, pairs = parts(text)
    folded = {key.casefold(): value for key, value in pairs.items()}
    values: dict[str, Any] = {"prompt": prompt, "negative": negative, "batch": 1}
    values |= _origin(folded) if pairs else {}
    for key, field in _READ.items():
        if said := folded.get(key.casefold()):
            values[field] = _value(field, said)
    values = {name: value for name, value in values.items() if not _as_usual(name, value)}
    values |= {field: pairs[key] for key, field in _EXACT.items() if key in pairs}
    values |= _sides(folded.get("size", ""), "Size", "width", "height")
    resized = folded.get("seed resize from", "")
    values |= _sides(resized, "Seed resize from", "seed_resize_width", "seed_resize_height")
    values |= _enlarged(folded, values) | {"controls": _control_text.understood(folded)}
    return ImageRequest(**values)


def extended(text: str, added: Mapping[str, str]) -> str:
    """Return a text with more pairs behind those that it has.

    One without pairs gets them below its prompt, with our version. JSON of other programs stays as
    it is, for it would be JSON no more.

    Args:
        text: of a picture; "" for none.
        added: values by their keys.
    """
    if dialects.understood(text):
        return text
    told, lines = [pair(key, value) for key, value in added.items()], text.rstrip().split("\n")
    for number in _candidates(lines):
        if len(dict(_scanned(lines[number]))) >= 3:
            lines[number] = ", ".join([lines[number], *told])
            return "\n".join(lines)
    told.append(pair("Version", f"underpaint {_version()}"))
    return "\n".join([*(lines if text else []), ", ".join(told)])


def _as_usual(field: str, value: object) -> bool:
    """Return whether a value of the second pass is that of the first."""
    return field in ("hires_sampler", "hires_schedule") and str(value).startswith("Use same")


def _enlarged(pairs: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the size of a second pass; nothing when there was none."""
    size = pairs.get("hires resize", "")
    if upscale := pairs.get("hires upscale", ""):
        times = _number(float, upscale)
        if not isinstance(times, float) or not 0 < times < 100:
            raise RequestError(f"Hires upscale is {upscale[:60]!r}; it must be like 2")
        width, height = (values.get(name, getattr(_DEFAULT, name)) for name in ("width", "height"))
        size = _scaled(width, height, times)
    return _sides(size, "Hires resize", "hires_width", "hires_height")


def parts(text: str) -> tuple[str, str, dict[str, str]]:
    """Return the prompt, the negative prompt and the pairs of `text`, whatever their keys.

    The last line holds the pairs if there are at least three in it, or else the last line that
    begins with "Steps:", since extensions put more behind; without either all of `text` is prompt.
    JSON of other programs is understood too.
    """
    if said := dialects.understood(text):
        return said
    lines = text.rstrip().split("\n")
    for number in _candidates(lines):
        pairs = dict(_scanned(lines[number]))
        if len(pairs) >= 3:
            return *_prompts(lines[:number]), pairs
    return *_prompts(lines), {}


def _candidates(lines: Sequence[str]) -> Iterator[int]:
    """Yield where the pairs may be: the last line, then those that begin like A1111's, upwards."""
    yield len(lines) - 1
    for number in range(len(lines) - 2, -1, -1):
        if lines[number].startswith(_FIRST_KEY):
            yield number


def _pairs(request: ImageRequest, model_hash: str, model_name: str) -> dict[str, str]:
    """Return the pairs in A1111's order, then ours; without those that say nothing."""
    schedule, second = _spelled(request), request.enlarged()
    varied = request.variation_strength > 0
    resized = f"{request.seed_resize_width}x{request.seed_resize_height}"
    eta_key, other_key = ("Eta", "Eta DDIM")[:: -1 if request.sampler.startswith("ddim") else 1]
    special = {
        "Sampler": label(request.sampler),
        "Schedule type": SCHEDULES[schedule],
        "Size": f"{request.width}x{request.height}",
        "Model hash": model_hash or None,
        "Model": model_name,
        "VAE hash": None,
        "VAE": None if request.vae == _DEFAULT.vae else AUTOENCODERS.get(request.vae, request.vae),
        "Variation seed": request.variation_seed if varied else None,
        "Seed resize from": None if resized == "0x0" else resized,
        "Denoising strength": request.strength if request.init or second else None,
        "RNG": None if request.noise_source == "gpu" else request.noise_source.upper(),
        "Emphasis": None if request.emphasis == "original" else EMPHASES[request.emphasis],
        eta_key: request.eta,
        other_key: None,
        **_hires(request, second, schedule),
    }
    said = {
        key: special[key] if key in special else _told(request, field)
        for key, field in KEYS.items()
    }
    told = {key: _words(value) for key, value in said.items() if value is not None}
    return told | _control_text.told(request.controls)


def _spelled(request: ImageRequest) -> str:
    """Return the schedule, where it is automatic the one that the sampler has."""
    automatic = request.schedule == AUTOMATIC
    return own_schedule(request.sampler) if automatic else request.schedule


def _hires(
    request: ImageRequest, second: ImageRequest | None, schedule: str
) -> dict[str, float | str | None]:
    """Return the pairs about the second pass whose values are not told as they are.

    Args:
        request: the first pass, spelled out in `schedule`.
        second: what the second pass paints, if there is one.
        schedule: of the first pass.
    """
    sampler, asked = request.hires_sampler, request.hires_schedule
    upscaler = request.hires_upscaler
    size = f"{request.hires_width}x{request.hires_height}"
    upscale = request.hires_width / request.width
    if second is not None and (asked is not None or _spelled(second) != schedule):
        asked = _spelled(second)
    exact = _scaled(request.width, request.height, upscale) == size
    return {
        "Hires upscale": upscale if second and exact else None,
        "Hires resize": size if second and not exact else None,
        "Hires upscaler": UPSCALERS.get(upscaler, upscaler) if second else None,
        "Hires sampler": sampler and label(sampler),
        "Hires schedule type": asked and SCHEDULES[asked],
    }


def _scaled(width: int, height: int, upscale: float) -> str:
    """Return a size so many times larger, in multiples of 8 as A1111 rounds it."""
    return "x".join(str(int(side * upscale) // 8 * 8) for side in (width, height))


def _told(request: ImageRequest, field: str) -> float | str | None:
    """Return a field's value if it must be told, for it is not what its absence means."""
    value = getattr(request, field)
    if field not in _ALWAYS and value == getattr(_DEFAULT, field):
        return None
    labels = {value: label for label, value in LABELS.get(field, {}).items()}
    return labels.get(value, value)


def _words(value: float | str) -> str:
    """Return a value in words; whole numbers without a fraction, others exact."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def pair(key: str, value: str) -> str:
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


def _origin(pairs: Mapping[str, str]) -> dict[str, str]:
    """Return whose noise it was, where the text does not say so."""
    version = pairs.get("version", "")
    if version.startswith("underpaint"):
        return {"noise_source": "gpu"}
    return {"noise_source": "nv"} if _A1111.fullmatch(version) else {}


def _value(field: str, text: str) -> float | str:
    """Return a field's value from its text; the text itself for the request to refuse by name."""
    default = getattr(_DEFAULT, field)
    if field in LABELS:
        return LABELS[field].get(text, text)
    if isinstance(default, bool):
        return text.casefold() == "true" if text.casefold() in ("true", "false") else text
    if isinstance(default, str) or field in ("hires_sampler", "hires_schedule"):
        return _NAMES[field](text) if field in _NAMES else text
    number = _number(int if isinstance(default, int) else float, text)
    # Others' seeds are longer, but a CPU's generator looks at their last 32 bits.
    if field in ("seed", "variation_seed") and isinstance(number, int) and 0 <= number < 2**64:
        return number % SEEDS
    return number


def _number(kind: Callable[[str], float], text: str) -> float | str:
    """Return the number in `text`; `text` when it is none."""
    try:
        return kind(text.removesuffix(".0"))
    except ValueError:
        return text


def _sides(text: str, key: str, *fields: str) -> dict[str, int]:
    """Return two sides from "512x768"; nothing when there is no text."""
    if not text:
        return {}
    size = _SIZE.fullmatch(text)
    if size is None:
        raise RequestError(f"{key} is {text[:60]!r}; it must be like 512x768")
    return {field: int(side) for field, side in zip(fields, size.groups(), strict=True)}


def _version() -> str:
    try:
        return importlib.metadata.version("underpaint")
    except importlib.metadata.PackageNotFoundError:  # run from a folder, not installed
        return "from source"
