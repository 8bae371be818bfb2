"""One walk down a schedule: with which levels, which sampler, which noise and which guidance."""

import inspect
import math
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from torch import Tensor

from underpaint import catalog
from underpaint.diffusion.forward import noised
from underpaint.diffusion.guidance import Estimates, Scale, guided, plus
from underpaint.diffusion.noise import Stream, Variation, source, starting
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Churn, Step
from underpaint.diffusion.sigmas import levels, truncated
from underpaint.families._model import Model
from underpaint.requests._samplers import AUTOMATIC, SAMPLERS, own_schedule
from underpaint.requests.image import ImageRequest


class Pass:
    """How the pictures of a request are walked down, from noise or from something given."""

    def __init__(self, request: ImageRequest, model: Model, *, over: bool = False) -> None:
        """Settle the levels.

        Args:
            request: what is painted; with an init picture the tail of the schedule is walked.
            model: what paints.
            over: it goes over what a pass before has painted. Then all steps are walked, down the
                tail of a schedule of so many that they are the share that strength says.
        """
        self.request = request
        self.sampler: ModuleType = catalog.entry(SAMPLERS, request.sampler)
        steps = int(request.steps / min(request.strength, 0.999)) if over else request.steps
        self.schedule = _schedule(request, steps, model, self.sampler)
        whole = request.init is None
        self.sigmas = self.schedule if whole else truncated(self.schedule, request.strength)
        if over:
            self.sigmas = self.schedule[-request.steps - 1 :]
        self._model = model

    @property
    def steps(self) -> int:
        """Levels that are walked."""
        return len(self.sigmas) - 1

    @property
    def calls(self) -> int:
        """Calls of the denoiser in a step."""
        return getattr(self.sampler, "CALLS", 1)

    @property
    def is_guided(self) -> bool:
        """Whether the negative prompt counts."""
        if self._model.obeys_guidance:
            return False
        return self.request.guidance_scale != 1 or hasattr(self.sampler, "GUIDANCE")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (C, h, w) of the latent that is painted."""
        canvas = self._model.canvas(self.request.width, self.request.height)
        return self._model.latent_shape(*canvas)

    def denoiser(self, estimates: Estimates) -> Denoiser:
        """Return the guided denoiser of what the model estimates for the prompts."""
        return guided(estimates, self._scale(), rescale=self.request.guidance_rescale)

    def noise(self, alone: Sequence[ImageRequest]) -> Tensor:
        """Return the unit noise that pictures start from, (B, C, h, w).

        Args:
            alone: the request for each of them.
        """
        first = self.request
        return starting(
            [one.seed for one in alone],
            self.shape,
            variation=Variation([one.variation_seed for one in alone], first.variation_strength),
            resized_from=self._resized_from(),
            stream=self._stream,
            device=self._model.device,
        )

    def walk(
        self, alone: Sequence[ImageRequest], denoise: Denoiser, begun: Tensor, noise: Tensor
    ) -> Iterator[Step]:
        """Noise what is begun to the first level and walk down from there.

        Args:
            alone: the request for each picture.
            denoise: paints them.
            begun: latent to start from, (B, C, h, w) or one for all.
            noise: what `noise` returns for them.
        """
        fresh = source(
            self.sampler.NOISE,
            [one.seed for one in alone],
            self.shape,
            self.schedule,
            stream=self._stream,
            device=self._model.device,
        )
        start = noised(begun, self.sigmas[0], noise)
        yield from self.sampler.sample(denoise, start, self.sigmas, fresh, **self._knobs())

    @property
    def _stream(self) -> Stream:
        return Stream(self.request.noise_source, self.request.noise_seed_delta)

    def _scale(self) -> Scale:
        """Return the guidance scale, which the sampler may want to be another at each level."""
        if getattr(self.sampler, "GUIDANCE", None) != "plus":
            return self.request.guidance_scale
        return plus(self.request.guidance_scale, self.sigmas, eta=self.request.eta or 0.0)

    def _resized_from(self) -> tuple[int, int, int] | None:
        """Return the shape of the latent whose noise is laid over the middle; None for none."""
        request = self.request
        if not request.seed_resize_width and not request.seed_resize_height:
            return None
        width = request.seed_resize_width or request.width
        height = request.seed_resize_height or request.height
        return self._model.latent_shape(*self._model.canvas(width, height))

    def _knobs(self) -> dict[str, Any]:
        """Return those of the request's settings that its sampler has."""
        request = self.request
        highest = request.s_tmax or math.inf
        given = {
            "eta": request.eta,
            "s_noise": request.s_noise,
            "churn": Churn(request.s_churn, request.s_tmin, highest, request.s_noise),
        }
        known = inspect.signature(self.sampler.sample).parameters
        return {name: value for name, value in given.items() if name in known and value is not None}


def _schedule(request: ImageRequest, steps: int, model: Model, sampler: ModuleType) -> Tensor:
    """Return the levels of a walk of all steps."""
    automatic = request.schedule == AUTOMATIC
    return levels(
        own_schedule(request.sampler) if automatic else request.schedule,
        steps,
        model.clock,
        ends=(request.sigma_min, request.sigma_max),
        rho=request.rho,
        discard=request.discard_penultimate or getattr(sampler, "DISCARD_PENULTIMATE", False),
        aligned=model.aligned,
    )
