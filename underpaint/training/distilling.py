"""Teaching a denoiser to take few steps: multistep consistency distillation.

Heek, Hoogeboom and Salimans 2024, arXiv:2403.06807. The levels are cut into as many stretches as
there shall be steps. Within a stretch, wherever the student stands on the teacher's path, it says
where that path leaves the stretch; it learns so from itself, one short step of the teacher further
down. One stretch would be a consistency model (Song et al. 2023, arXiv:2303.01469); more of them
are easier to learn, and the walk stays a plain, noiseless one: Euler, down trailing levels.

The teacher's classifier-free guidance becomes part of the student, as in Luo et al. 2023,
arXiv:2310.04378, here with one fixed scale: the student paints without a negative prompt, at half
the cost of a step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from underpaint.diffusion.forward import noised, per_image
from underpaint.diffusion.objective import WEIGHTINGS
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import euler
from underpaint.diffusion.samplers._step import Step
from underpaint.diffusion.sigmas import sgm_uniform
from underpaint.errors import TrainingError
from underpaint.networks.unet import UNet
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import PREFIXES, Networks, read
from underpaint.training.captions import Captions
from underpaint.training.denoising import Denoising, Examples, Process

__all__ = ["Distilling", "Stretches", "Teacher", "landed", "load_teacher", "meant"]

FINE = 12
"""Short steps of the teacher in a stretch."""


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """Who is learnt from, and what.

    Attributes:
        unet: frozen, like the student's, on its device.
        guidance_scale: it paints with, at least 1.
        steps: that the student shall take, at least 1.
    """

    unet: UNet
    guidance_scale: float
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Levels in short steps, and where the stretch of each ends.

    Attributes:
        sigmas: (count * FINE + 1,) float64, falling, last 0.
        count: of stretches, the student's steps.
    """

    sigmas: Tensor
    count: int

    def drawn(self, batch: int, chance: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return a level for each picture, the next below it, and the end of its stretch."""
        place = torch.randint(self.count * FINE, (batch,), generator=chance)
        end = (place // FINE + 1) * FINE
        return self.sigmas[place], self.sigmas[place + 1], self.sigmas[end]


def landed(x: Tensor, denoised: Tensor, sigma: Tensor, lower: Tensor) -> Tensor:
    """Return where the straight way from x to the denoised estimate stands at a lower level.

    Song et al. 2020, arXiv:2010.02502, eq. 12 without noise.

    Args:
        x: (B, ...), at `sigma`.
        denoised: like x.
        sigma: (B,), > 0.
        lower: (B,), below `sigma`, 0 or more.
    """
    return torch.lerp(denoised, x, per_image(lower / sigma, x))


def meant(x: Tensor, wanted: Tensor, sigma: Tensor, lower: Tensor) -> Tensor:
    """Return the denoised estimate whose straight way leads to what is wanted: see `landed`."""
    share = per_image(lower / sigma, x)
    return (wanted - share * x) / (1 - share)


def load_teacher(request: TrainRequest, networks: Networks, device: torch.device) -> Teacher:
    """Read the teacher that a request names.

    Args:
        request: its teacher, teacher_guidance and few_steps.
        networks: the student's; the teacher's U-Net has the same sizes, and both hear the same.
        device: where to work.

    Raises:
        TrainingError: the file holds no such U-Net, or the text encoder learns.
        WeightsError: the file cannot be read.
    """
    text, student = networks.get("text"), networks["unet"]
    if text is not None and any(weight.requires_grad for weight in text.parameters()):
        raise TrainingError("teacher and student hear the same: freeze_text must be true")
    assert isinstance(student, UNet)
    where, prefix = str(request.teacher), PREFIXES["unet"]
    tensors, _ = read(Path(where))
    own = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    unet = UNet(student.params)
    try:
        unet.load_state_dict(own)
    except RuntimeError as error:
        raise TrainingError(f"{where!r} is no teacher of these sizes: {error}") from error
    unet.eval().requires_grad_(requires_grad=False)
    unet.to(device=device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return Teacher(unet, request.teacher_guidance, request.few_steps)


class Distilling(Denoising):
    """The lesson of a student who learns from a teacher, on pictures that both are shown."""

    guidance_scale = 1.0

    def __init__(
        self,
        networks: Networks,
        process: Process,
        examples: Examples,
        *,
        captions: Captions | None,
        prompts: Sequence[str],
        seed: int,
        teacher: Teacher,
    ) -> None:
        """Put the lesson together.

        Args:
            networks: as for `Denoising`, whose text encoder does not learn.
            process: noise levels and prediction, the teacher's too.
            examples: what to denoise.
            captions: what is said about them; None teaches without words.
            prompts: what the sample pictures show, one each.
            seed: of the sample pictures.
            teacher: who is learnt from.
        """
        super().__init__(networks, process, examples, captions=captions, prompts=prompts, seed=seed)
        self.teacher = teacher
        fine = sgm_uniform(teacher.steps * FINE, process.clock)
        self.stretches = Stretches(fine, teacher.steps)

    def loss(self, indices: Tensor, chance: torch.Generator) -> Tensor:
        """Return the mean loss of a batch; see `Lesson`."""
        clean = self.examples.clean(indices, chance).to(self.device)
        noise = torch.randn(clean.shape, generator=chance).to(self.device)
        sigma, below, end = self.stretches.drawn(len(clean), chance)
        heard = self._heard(indices, chance)

        x = noised(clean, sigma, noise)
        student = self._denoiser(self.unet, heard)
        with torch.no_grad():
            lower = landed(x, self._shown(x, sigma, heard), sigma, below)
            left = landed(lower, student(lower, below.clamp(min=1e-9)), below.clamp(min=1e-9), end)
            wanted = torch.where(per_image(below == end, x).bool(), lower, left)
            target = meant(x, wanted, sigma, end)

        error = (student(x, sigma) - target).square().flatten(1).mean(1)
        prediction, weigh = self.process.prediction, WEIGHTINGS[self.process.weighting]
        weight = weigh(prediction, sigma) / prediction.c_out(sigma) ** 2
        return (per_image(weight, error) * error).mean()

    def _shown(self, x: Tensor, sigma: Tensor, heard: tuple[Tensor, Tensor]) -> Tensor:
        """Return the teacher's guided estimate."""
        estimate = self._denoiser(self.teacher.unet, heard)(x, sigma)
        if self.captions is None or self.teacher.guidance_scale == 1:
            return estimate
        context, pooled = self.captions.features([""], self.device)
        silent = context.expand(len(x), -1, -1), pooled.expand(len(x), -1)
        without = self._denoiser(self.teacher.unet, silent)(x, sigma)
        return without + self.teacher.guidance_scale * (estimate - without)

    def _denoiser(self, unet: UNet, heard: tuple[Tensor, Tensor]) -> Denoiser:
        return self.process.prediction.denoiser(self._told(*heard, unet), self.process.clock)

    def levels(self) -> Tensor:
        """Return the ends of all stretches, which the sample pictures walk down."""
        return sgm_uniform(self.teacher.steps, self.process.clock)

    def walk(self, denoise: Denoiser, x: Tensor, sigmas: Tensor) -> Iterator[Step]:
        """Return the walk of the sample pictures: few steps, straight ahead."""
        return euler.sample(denoise, x, sigmas)
