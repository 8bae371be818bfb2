"""The vocabulary requests are written in: bounded types, the base class, and what faces read off.

A request is a pydantic dataclass over `Request`: every field is an annotated type from here, a
default, and a docstring that is the field's whole help text. `fields` hands all of that to the
faces, so that an option of the command line, an entry of the JSON schema and the sentence of an
error all come from the one line that declares the field.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from annotated_types import Interval, MultipleOf
from pydantic import (
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from underpaint.errors import MediaError, RequestError, UnknownEntryError
from underpaint.media import Image
from underpaint.requests._samplers import SCHEDULES, samplers

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)
SEEDS = 2**32
MAX_PROMPT = 16 * 2**10

_OUT_OF_BOUNDS = ("greater_than_equal", "less_than_equal")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MaxBytes:
    """Marks a text as bounded: at most `most` bytes in UTF-8."""

    most: int

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check the length after the text is known to be text."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, text: str) -> str:
        try:
            size = len(text.encode())
        except UnicodeEncodeError as error:
            raise ValueError("is not valid Unicode") from error
        if size > self.most:
            raise ValueError(f"is {size} bytes long; it must be at most {self.most}")
        return text


@dataclass(frozen=True, slots=True)
class Choices:
    """Marks a text as one of the names that `of` returns; the request itself checks it."""

    of: Callable[[], tuple[str, ...]]

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """List the names."""
        return handler(schema) | {"enum": list(self.of())}


def _picture(value: object) -> Image:
    """Return `value` if it is a picture, or the picture in its base64.

    Raises:
        ValueError: it is neither; the text goes on from the field's name.
    """
    if isinstance(value, Image):
        return value
    if not isinstance(value, str):
        raise ValueError(f"is {shown(value)}; it must be a picture")
    try:
        return Image.decode(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"is not a picture in base64: {error}") from error
    except MediaError as error:
        raise ValueError(f"cannot be used: {error}") from error


def _in_base64(picture: Image) -> str:
    return base64.b64encode(picture.png()).decode()


Prompt = Annotated[str, MaxBytes(MAX_PROMPT)]
Name = Annotated[str, MaxBytes(1024)]
SamplerName = Annotated[str, Choices(samplers), MaxBytes(64)]
ScheduleName = Annotated[str, Choices(lambda: tuple(SCHEDULES)), MaxBytes(64)]
Picture = Annotated[
    Image,
    PlainValidator(_picture),
    PlainSerializer(_in_base64, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "contentMediaType": "image/*"}),
]
Share = Annotated[float, Interval(ge=0, le=1)]
Steps = Annotated[int, Interval(ge=1, le=150)]
GuidanceScale = Annotated[float, Interval(ge=0, le=30)]
Pixels = Annotated[int, Interval(ge=64, le=2048), MultipleOf(8)]
Seed = Annotated[int, Interval(ge=-1, le=SEEDS - 1)]
Batch = Annotated[int, Interval(ge=1, le=16)]
ClipSkip = Annotated[int, Interval(ge=1, le=12)]
Churning = Annotated[float, Interval(ge=0, le=100)]
Sigma = Annotated[float, Interval(ge=0, le=1000)]
NoiseScale = Annotated[float, Interval(ge=0, le=2)]
Rho = Annotated[float, Interval(ge=0, le=100)]
NoiseOrigin = Literal["cpu", "gpu", "nv"]
SeedDelta = Annotated[int, Interval(ge=0, le=SEEDS - 1)]
HiresSteps = Annotated[int, Interval(ge=0, le=150)]
MaskBlur = Annotated[int, Interval(ge=0, le=64)]
Softness = Annotated[float, Interval(ge=0, le=8)]
Contrast = Annotated[float, Interval(ge=1, le=32)]
Extent = Annotated[int, Interval(ge=0, le=1024)]
MaskPadding = Annotated[int, Interval(ge=0, le=256)]
PixelsOrNone = Annotated[int, Interval(ge=0, le=2048), MultipleOf(8)]


@dataclass(frozen=True, slots=True)
class Field:
    """All there is to know about one field of a request.

    Attributes:
        name: the field, as in the request's class.
        kind: str, int, float, bool, Image or a mapping's class.
        help: the field's docstring.
        default: the value when none is given.
        required: there is no default; a value must be given.
        least: the smallest number allowed, inclusive; None for no limit.
        most: the largest number allowed, inclusive; None for no limit.
        step: numbers must be multiples of it; None for any number.
        choices: the texts allowed; () for any.
        optional: None is allowed.
        many: the value is a tuple of `kind`.
    """

    name: str
    kind: type
    help: str = ""
    default: object = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    many: bool = False

    def allowed(self) -> str:
        """Return what the field takes, in words: "a whole number between 1 and 150"."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        nouns = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
        noun = nouns.get(self.kind, "a picture" if self.kind is Image else "a mapping")
        words = f"a multiple of {self.step:g}" if self.step else noun
        words = f"{words} {self.bounds()}" if self.bounds() else words
        words = f"a list, each of it {words}" if self.many else words
        return f"{words} or nothing" if self.optional else words

    def bounds(self) -> str:
        """Return the numbers allowed, in words; "" for all of them."""
        if self.least is not None and self.most is not None:
            return f"between {self.least} and {self.most}"
        return "" if self.least is None else f"at least {self.least}"


class _Speaking(type):
    """Makes a class say in one sentence what is wrong with the values it is called with."""

    def __call__(cls: type[T], *args: object, **values: object) -> T:
        """Return the request of these values.

        Raises:
            RequestError: a value is outside what is allowed.
        """
        try:
            return type.__call__(cls, *args, **values)
        except ValidationError as error:
            raise _sentence(cls, error) from error


class Request(metaclass=_Speaking):
    """What every request can do; one is a pydantic dataclass with `config=STRICT`, frozen."""

    def to_json(self) -> str:
        """Return the request as one line of JSON, pictures as PNG in base64."""
        return TypeAdapter(type(self)).dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the request that `to_json` gave `text` for; absent fields take their defaults.

        Raises:
            RequestError: `text` is not JSON, or a value in it is outside what is allowed.
        """
        try:
            return TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            raise _sentence(cls, error) from error

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of what `from_json` takes."""
        return TypeAdapter(cls).json_schema()


def fields(request: type[Request]) -> tuple[Field, ...]:
    """Return what there is to know about each field of `request`, in the order of its class."""
    hints = get_type_hints(request, include_extras=True)
    declared: Mapping[str, Any] = vars(request)["__pydantic_fields__"]
    described: list[Field] = []
    for name, info in declared.items():
        words = " ".join((info.description or "").split())
        required = info.is_required()
        default = None if required else info.get_default(call_default_factory=True)
        field = Field(name, str, words, default, required=required)
        described.append(_of_type(field, hints[name]))
    return tuple(described)


def _of_type(field: Field, hint: object) -> Field:
    """Return `field` with what its annotation says about kind, bounds and choices."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _of_marks(_of_type(field, parts[0]), parts[1:])
    if origin in (Union, UnionType):
        inner = next(part for part in parts if part is not NoneType)
        return _of_type(replace(field, optional=True), inner)
    if origin is Literal:
        return replace(field, choices=parts)
    if origin is tuple:
        return _of_type(replace(field, many=True), parts[0])
    return replace(field, kind=hint if origin is None else origin)


def _of_marks(field: Field, marks: tuple[object, ...]) -> Field:
    """Return `field` with the bounds and choices among the marks of an `Annotated`."""
    for mark in marks:
        if isinstance(mark, Interval):
            field = replace(field, least=mark.ge, most=mark.le)
        elif isinstance(mark, MultipleOf):
            field = replace(field, step=mark.multiple_of)
        elif isinstance(mark, Choices):
            field = replace(field, choices=mark.of())
    return field


def _sentence(request: type, error: ValidationError) -> RequestError:
    """Return the first of pydantic's complaints as ours."""
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, RequestError):
        return cause
    if first["type"] == "json_invalid":
        return RequestError(f"the request is not JSON: {cause}")
    if not first["loc"]:
        return RequestError(f"the request is {shown(first['input'])}; it must be a JSON object")
    return _refusal(request, first)


def _refusal(request: type, first: ErrorDetails, depth: int = 0) -> RequestError:
    """Return a complaint about a field, or about one of a request within it, as a sentence.

    Args:
        request: whose field it is.
        first: the complaint.
        depth: how much of its place leads to the request.
    """
    place, cause = first["loc"], first.get("ctx", {}).get("error")
    name, described = str(place[depth]), {field.name: field for field in fields(request)}
    if name not in described:
        return UnknownEntryError(request.__name__, name, tuple(described))
    field = described[name]
    if len(place) > depth + 2 and issubclass(field.kind, Request):
        return _refusal(field.kind, first, depth + 2)
    within = "".join(f"{place[at]}[{place[at + 1]}]." for at in range(0, depth, 2))
    return RequestError(f"{within}{name} {_complaint(first['type'], first['input'], field, cause)}")


def _complaint(kind: str, value: object, field: Field, cause: object) -> str:
    """Return what goes on from a field's name: its value and what is allowed."""
    if kind == "missing":
        return f"is missing; it must be {field.allowed()}"
    if kind == "value_error":
        return str(cause)
    out_of_bounds = kind in _OUT_OF_BOUNDS and not field.step
    return f"is {shown(value)}; it must be {field.bounds() if out_of_bounds else field.allowed()}"


def shown(value: object) -> str:
    """Return `value` for a sentence, short."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."
