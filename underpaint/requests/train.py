"""What a training run is asked for: data, network, objective, and how long and how carefully."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias, cast

from annotated_types import Interval
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.dataclasses import dataclass
from pydantic_core import CoreSchema, core_schema

from underpaint.errors import RequestError
from underpaint.requests._fields import SEEDS, STRICT, Name, Prompt, Request, Share, shown

Whole = Annotated[int, Interval(ge=1, le=10**9)]
NotNegative = Annotated[int, Interval(ge=0, le=10**9)]

Json: TypeAlias = Any
"""What JSON has: a number, a text, true, false, null, a list, a mapping."""


class Sizes(Mapping[str, Json]):
    """A mapping that cannot change and so can be hashed; lists in it are tuples.

    Values are what JSON has: numbers, texts, true, false, null, lists, and mappings, as `Sizes`.

    Raises:
        ValueError: it holds something that JSON has not.
    """

    def __init__(self, sizes: Mapping[str, Json] | None = None) -> None:
        """Copy a mapping; None is the empty one."""
        self._items = {_key(name): _frozen(value) for name, value in (sizes or {}).items()}

    def __getitem__(self, name: str) -> Json:
        """Return the value of a name."""
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._items)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._items)

    def __hash__(self) -> int:
        """Hash names and values, in any order."""
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        """Show it as a dict."""
        return repr(self._items)

    def plain(self) -> dict[str, Any]:
        """Return a fresh dict with dicts and lists inside, as JSON has them."""
        return {name: _plain(value) for name, value in self._items.items()}

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take any mapping; give a JSON object."""
        return core_schema.no_info_plain_validator_function(
            cls._checked,
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls.plain, when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say that any object will do."""
        return {"type": "object"}

    @classmethod
    def _checked(cls, value: object) -> "Sizes":
        if not isinstance(value, Mapping):
            raise ValueError(f"is {shown(value)}; it must be a mapping of names to sizes")
        return cls(cast(Mapping[str, Any], value))


def _key(name: object) -> str:
    if not isinstance(name, str):
        raise ValueError(f"has the name {shown(name)}; names must be text")
    return name


def _frozen(value: Json) -> Json:
    if isinstance(value, Mapping):
        return Sizes(cast(Mapping[str, Any], value))
    if isinstance(value, list | tuple):
        return tuple(_frozen(part) for part in cast(Iterable[Any], value))
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"holds {shown(value)}, which JSON has not") from error
    return value


def _plain(value: Json) -> Json:
    if isinstance(value, Sizes):
        return value.plain()
    if isinstance(value, tuple):
        return [_plain(part) for part in cast(Iterable[Any], value)]
    return value


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainRequest(Request):
    """One training run: together with its data it says which weights come out.

    Raises:
        RequestError: a value is outside what is allowed; the sentence names it and the range.
    """

    recipe: Name
    """The recipe's name; it names the run."""

    kind: Literal["pixels", "autoencoder", "latents"]
    """What is trained: a denoiser of pixels, a first stage, or a denoiser of its latents."""

    data: Name
    """The folder of pictures and their captions, or the file of cut-outs to compose them from."""

    out: Name = ""
    """The folder for the run's checkpoints and samples; runs/<recipe> when not given."""

    size: Annotated[int, Interval(ge=8, le=2048)] = 64
    """Width and height of the pictures trained on, in pixels; others are scaled."""

    flip: bool = True
    """Show half of the pictures mirrored."""

    background: Literal["white"] = "white"
    """What transparent pictures are laid on."""

    variants: Annotated[int, Interval(ge=1, le=1024)] = 1
    """How many augmented copies of each picture to prepare; 1 is the picture itself only."""

    compositions: NotNegative = 0
    """How many pictures to compose, if data is a file of cut-outs; a folder has its own number."""

    batch: Annotated[int, Interval(ge=1, le=65536)] = 32
    """Pictures the network sees at once."""

    accumulate: Annotated[int, Interval(ge=1, le=4096)] = 1
    """Batches whose gradients are added up before the weights change."""

    steps: Whole = 10_000
    """How many times the weights change."""

    minutes: Annotated[float, Interval(ge=0)] | None = None
    """Stop after this many minutes, ready to resume; no limit when not given."""

    learning_rate: Annotated[float, Interval(ge=0, le=1)] = 1e-4
    """Learning rate, once warm."""

    warmup: NotNegative = 500
    """Steps over which the learning rate rises from 0."""

    weight_decay: Share = 0.01
    """Share of each weight that is taken away a step, times the learning rate."""

    ema: Share = 0.999
    """Decay a step of the running mean of the weights, which is what is kept; 0 keeps the last."""

    snapshot_every: NotNegative = 0
    """Steps between running means that are kept to choose their length afterwards; 0 keeps none."""

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Numbers to multiply with; auto is bfloat16 where the device is faster with it."""

    compile: bool = False
    """Compile the network first; minutes at the start, faster steps on a GPU."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes a GPU when there is one."""

    seed: Annotated[int, Interval(ge=0, le=SEEDS - 1)] = 0
    """Seed of the first weights, the order of the data and the noise."""

    checkpoint_every: Whole = 600
    """Seconds between checkpoints."""

    keep: Annotated[int, Interval(ge=1, le=1000)] = 2
    """How many checkpoints to keep, counted from the last."""

    sample_every: NotNegative = 1000
    """Steps between sample pictures; 0 paints none."""

    sample_prompts: tuple[Prompt, ...] = ()
    """What the sample pictures show."""

    caption_dropout: Share = 0.1
    """Share of captions left out, which teaches the network to paint without: guidance needs it."""

    prediction: Literal["eps", "v", "x0", "flow"] = "v"
    """What the network learns to predict: the noise, the velocity, the picture, or the flow."""

    betas: Literal["linear", "scaled_linear", "cosine"] = "scaled_linear"
    """How the noise levels trained on are spread."""

    zero_terminal: bool = False
    """Move the noise levels so that the last is noise only: black and white can then be painted."""

    weighting: Literal["uniform", "min_snr", "min_snr_plus", "edm"] = "uniform"
    """How much each noise level counts in the loss."""

    network: Sizes = Sizes()
    """Sizes of the networks, by their parameters' names; the recipe's own where not given."""

    autoencoder: Name | None = None
    """The file whose first stage makes the latents; latents need it, nothing else takes it."""

    start: Name | None = None
    """The file of the weights to start from; fresh ones when not given."""

    teacher: Name | None = None
    """The file of a trained model of these sizes, whose many guided steps are learnt in few."""

    teacher_guidance: Annotated[float, Interval(ge=1, le=30)] = 4.0
    """The guidance scale that the teacher paints with, which is then part of the student."""

    few_steps: Annotated[int, Interval(ge=1, le=16)] = 4
    """Steps that the student takes, if there is a teacher."""

    resume: bool = True
    """Go on from the last checkpoint in the run's folder, if there is one."""

    def __post_init__(self) -> None:
        """Name the run's folder, then refuse what trains nothing."""
        if not self.recipe or not self.data:
            raise RequestError("recipe and data must not be empty")
        if not self.out:
            object.__setattr__(self, "out", f"runs/{self.recipe}")
        if (self.kind == "latents") != (self.autoencoder is not None):
            raise RequestError(
                f"kind is {self.kind!r} and autoencoder is {self.autoencoder!r}; "
                "latents need an autoencoder, the others take none"
            )
        if self.teacher is not None and self.kind == "autoencoder":
            raise RequestError(
                "teacher is given and kind is 'autoencoder'; only denoisers have one"
            )
        if self.zero_terminal and self.prediction in ("eps", "flow"):
            raise RequestError(
                f"prediction is {self.prediction!r} and zero_terminal is true; "
                "at a level of noise only, v or x0 must be predicted"
            )
