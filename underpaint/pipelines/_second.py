"""The second, larger pass over pictures painted from words: AUTOMATIC1111's hires fix."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from underpaint.diffusion.samplers._step import Step
from underpaint.families._model import Model
from underpaint.pipelines import _controlled, _upscaling
from underpaint.pipelines._enlarging import enlarger
from underpaint.pipelines._listening import Listener
from underpaint.pipelines._passes import Pass
from underpaint.prompt.lines import Lines
from underpaint.requests._upscalers import is_latent
from underpaint.requests.image import ImageRequest


class Second:
    """What goes over the pictures of a request once they are painted small."""

    def __init__(
        self,
        request: ImageRequest,
        model: Model,
        *,
        passed: int,
        lines: Lines,
        folders: Sequence[Path],
    ) -> None:
        """Read what the prompts say the second time.

        Args:
            request: of the larger pictures, as `ImageRequest.enlarged` gives it.
            model: what paints.
            passed: steps of the first pass.
            lines: where wildcards in prompts find their lines.
            folders: where adapters, embeddings and upscalers are.

        Raises:
            ModelNotFoundError: there is no such upscaler; lists those there are.
            WeightsError: its file is not acceptable.
        """
        self._request, self._model = request, model
        self._walk = Pass(request, model, over=True)
        name = request.hires_upscaler
        self._by = name if is_latent(name) else enlarger(name, folders, model.device)
        self._leads = _controlled.leads(request, model, self._walk.sigmas, folders=folders)
        self._listener = Listener(request, model, lines=lines, folders=folders)
        self.said = [
            self._listener.plan(request.alone(index), calls=self._walk.calls, passed=passed)
            for index in range(request.batch)
        ]

    @property
    def steps(self) -> int:
        """Levels that are walked."""
        return self._walk.steps

    def remarks(self, index: int) -> dict[str, str]:
        """Return what the text of picture `index` says of the files that the second pass read."""
        return self._listener.remarks(self.said[index])

    def walk(self, indices: Sequence[int], latents: Tensor) -> Iterator[Step | None]:
        """Enlarge some pictures, which yields None now and then, and go over them.

        Args:
            indices: which they are; their prompts say the same.
            latents: what the first pass painted, (B, C, h, w).
        """
        request, walk = self._request, self._walk
        alone = [request.alone(index) for index in indices]
        canvas = self._model.canvas(request.width, request.height)
        begun = yield from _upscaling.enlarged(latents, self._by, self._model, canvas=canvas)
        estimates = self._listener.estimates(
            self.said[indices[0]],
            guided=walk.is_guided,
            surroundings=self._surroundings(*canvas),
            leads=self._leads,
        )
        yield from walk.walk(alone, walk.denoiser(estimates), begun, walk.noise(alone))

    def _surroundings(self, width: int, height: int) -> Tensor | None:
        """Return what a model that inpaints sees beside the latent: all is to paint."""
        grey, everywhere = torch.zeros(1, 3, height, width), torch.ones(1, 1, height, width)
        return self._model.surroundings(grey, everywhere) if self._model.inpaints else None
