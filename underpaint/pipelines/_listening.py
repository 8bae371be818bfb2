"""From a request's prompts to what the model estimates for them, call by call."""

import functools
import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from torch import Tensor

from underpaint.diffusion.composition import composed
from underpaint.diffusion.guidance import Estimates
from underpaint.families._adapted import Worn
from underpaint.families._control import Lead
from underpaint.families._heard import Conditioning
from underpaint.families._model import Model
from underpaint.pipelines._named import Named
from underpaint.prompt.lines import Lines, none
from underpaint.prompt.plan import Plan, plan
from underpaint.prompt.wildcards import by_chance
from underpaint.requests.image import ImageRequest


class Listener:
    """Reads the prompts of one request; a text is encoded once, whichever pictures say it."""

    def __init__(
        self,
        request: ImageRequest,
        model: Model,
        *,
        lines: Lines = none,
        folders: Sequence[Path] = (),
    ) -> None:
        """Begin with no text read.

        Args:
            request: whose pictures are painted.
            model: what paints them.
            lines: where wildcards find their lines.
            folders: where adapters and embeddings are, as models are.
        """
        self._named = Named(model, folders)
        self._request = request
        self._model = model
        self._lines = lines
        self._texts: dict[tuple[str, bool, tuple[Worn, ...]], Conditioning] = {}
        self._plans: dict[tuple[str, str, int, int, int | None], Plan] = {}

    def plan(self, one: ImageRequest, *, calls: int = 1, passed: int | None = None) -> Plan:
        """Return what the prompts of one picture say.

        Args:
            one: the request for it alone.
            calls: of the denoiser in a step of its sampler.
            passed: steps of the pass before, where this is the second; None = this is the first.

        Raises:
            RequestError: a prompt is not acceptable.
            UnknownEntryError: it names a wildcard, or an adapter, that there is not.
        """
        seed = one.seed if by_chance(one.prompt + one.negative) else 0
        before = None if passed is None else passed * calls
        key = one.prompt, one.negative, one.steps * calls, seed, before
        if key not in self._plans:
            found = plan(*key[:3], seed=seed, lines=self._lines, passed=before)
            self._named.worn(found.tags)
            self._plans[key] = found
        return self._plans[key]

    def estimates(
        self,
        said: Plan,
        *,
        guided: bool = True,
        surroundings: Tensor | None = None,
        leads: Sequence[Lead] = (),
    ) -> Estimates:
        """Return what the model estimates along one walk: each call is the walk's next.

        Args:
            said: what the prompts say.
            guided: the negative prompt counts. Where several prompts are joined, it always does.
            surroundings: for a model that inpaints, what `Model.surroundings` returns.
            leads: pictures that lead besides the prompts.

        Returns:
            (x (B, C, h, w), sigma () or (B,)) -> (positive, negative), each like x; the positive
            alone where the negative does not count.

        Raises:
            RequestError: a text is not acceptable.
            WeightsError: an adapter or an embedding is not, or is not made for the model.
        """
        worn = self._named.worn(said.tags)
        joined = len(said.parts) > 1
        heard = (*said.parts, said.negative) if guided or joined else said.parts
        negative = [place == len(said.parts) for place in range(len(heard))]
        # A prompt keeps its number of contexts as its text changes, as in AUTOMATIC1111.
        lengths = [
            max(self._encoded(stage.text, away, worn).tokens.shape[1] for stage in stages)
            for stages, away in zip(heard, negative, strict=True)
        ]

        @functools.lru_cache(maxsize=2)
        def told(texts: tuple[str, ...]) -> Estimates:
            encoded = map(self._encoded, texts, negative, itertools.repeat(worn))
            return self._model.estimates(
                *map(self._model.lengthened, encoded, lengths),
                guidance_scale=self._request.guidance_scale,
                surroundings=surroundings,
                leads=leads,
            )

        counted = itertools.count()

        def estimated(x: Tensor, sigma: Tensor) -> tuple[Tensor, ...]:
            with self._model.adapted(worn):
                return told(said.at(next(counted))[: len(heard)])(x, sigma)

        return composed(estimated, said.weights) if joined else estimated

    def remarks(self, said: Plan) -> dict[str, str]:
        """Return what a picture's text says of the files, besides the model, that it came from.

        Args:
            said: what the picture's prompts say.
        """
        texts = (stage.text for stages in (*said.parts, said.negative) for stage in stages)
        return self._named.remarks(said.tags, texts)

    def _encoded(self, text: str, negative: bool, worn: tuple[Worn, ...]) -> Conditioning:
        key = text, negative, worn  # the text encoders wear adapters too
        if key not in self._texts:
            with ExitStack() as stack:
                stack.enter_context(self._model.adapted(worn))
                for reader, words in zip(self._model.readers, self._named.words(text), strict=True):
                    stack.enter_context(reader.knowing(words))
                self._texts[key] = self._model.encode_text(
                    text,
                    clip_skip=self._request.clip_skip,
                    emphasis=self._request.emphasis,
                    negative=negative,
                )
        return self._texts[key]
