"""The common suite: a file in the samplers folder enters it by existing."""

import inspect
import math
from collections.abc import Sequence
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.inpainting import masked
from underpaint.diffusion.noise import Level, NoiseSource, source, starting
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step
from underpaint.diffusion.sigmas import SCHEDULES, karras

CLOCK = Clock.from_betas(betas("scaled_linear"))
OWN_LEVELS = ("dpm_fast", "dpm_adaptive")  # between the ends of those given
BESIDE = ("lms",)  # does not land on its last estimate
SLOW_TO_START = ("lms", "plms", "unipc", "dpmpp_2m_sde_heun", "dpmpp_3m_sde")
"""Their first steps are of lower order, which shows until there are many."""
WIDTH = 0.5  # standard deviation of the data that `_gaussian` knows


def test_the_entry_says_what_it_is(entry: ModuleType) -> None:
    assert entry.LABEL
    assert isinstance(entry.ALIASES, tuple)
    assert entry.SCHEDULE in SCHEDULES
    assert entry.NOISE in (None, "gaussian", "brownian")
    assert tuple(inspect.signature(entry.sample).parameters)[:4] == (
        "denoise",
        "x",
        "sigmas",
        "noise",
    )
    assert set(_knobs(entry)) <= {"eta", "s_noise", "churn"}


def test_no_two_entries_share_a_name(entries: list[ModuleType]) -> None:
    names = [name.lower() for each in entries for name in {_id(each), each.LABEL, *each.ALIASES}]
    lowered = [{_id(each), each.LABEL.lower(), *each.ALIASES} for each in entries]
    assert len(set().union(*lowered)) == sum(map(len, lowered)), names


def test_order_of_accuracy_without_noise(entry: ModuleType) -> None:
    """Twice the steps divide the error by 2^ORDER: the path of normal data is known."""
    if entry.ORDER == 0 or (entry.NOISE and not {"eta", "churn"} & set(_knobs(entry))):
        return
    quiet = {"eta": 0.0} if "eta" in _knobs(entry) else {}

    def error(steps: int) -> float:
        sigmas = karras(steps, CLOCK)[:-1]
        x = torch.full((1, 1), _spread_at(sigmas[0]), dtype=torch.float64)
        *_, last = entry.sample(_gaussian, x, sigmas, **quiet)
        return abs(float(last.x) - _spread_at(sigmas[-1]))

    orders = [math.log2(error(steps) / error(2 * steps)) for steps in (20, 40, 80)]
    if _id(entry) in SLOW_TO_START:
        assert orders[-1] == pytest.approx(entry.ORDER, abs=0.3)
    else:
        assert orders == pytest.approx([entry.ORDER] * 3, abs=0.15)


def test_order_of_the_spread_with_full_noise(entry: ModuleType) -> None:
    """The spread of what is painted tends to the data's, as fast as ORDER says.

    On normal data every sampler is linear in what it starts from and in each bit of noise, so one
    run of a batch of unit impulses gives the exact variance, with no statistics.
    """
    if entry.NOISE is None or entry.ORDER == 0 or _id(entry) == "restart":
        return
    noisy = {"eta": 1.0} if "eta" in _knobs(entry) else {}

    def error(steps: int) -> float:
        sigmas = karras(steps, CLOCK)[:-1]
        x = torch.zeros(1 + 2 * steps, 1, dtype=torch.float64)
        x[0] = _spread_at(sigmas[0])
        *_, last = entry.sample(_gaussian, x, sigmas, _impulses(entry.NOISE, sigmas), **noisy)
        return abs(float(last.x.square().sum()) - _spread_at(sigmas[-1]) ** 2)

    orders = [math.log2(error(steps) / error(2 * steps)) for steps in (20, 40, 80)]
    tolerance = 0.3 if _id(entry) in SLOW_TO_START else 0.25
    assert orders == pytest.approx([entry.ORDER] * 3, abs=tolerance)


def _gaussian(x: Tensor, sigma: Tensor) -> Tensor:
    """The exact denoiser of normal data of spread WIDTH."""
    return x * (WIDTH**2 / (WIDTH**2 + sigma**2))


def _spread_at(sigma: Tensor) -> float:
    """The spread of noised data at a level: also where the exact path stands."""
    return math.hypot(WIDTH, float(sigma))


def _impulses(kind: str, sigmas: Tensor) -> NoiseSource:
    """Return noise of which image 1 + k has only the k-th independent part.

    Gaussian parts are one a call. Brownian parts are the half steps, an interval's noise being the
    sum of the parts in it, each by the root of its length.
    """
    middles = (sigmas[1:] * sigmas[:-1]).sqrt()
    knots = torch.cat((sigmas, middles)).sort().values
    parts = 2 * (len(sigmas) - 1)
    calls = iter(range(parts))

    def noise(sigma: Level, sigma_next: Level) -> Tensor:
        out = torch.zeros(2 * len(sigmas) + 1, 1, dtype=torch.float64)
        if kind == "gaussian":
            out[1 + next(calls)] = 1
        else:
            low, high = float(sigma_next), float(sigma)
            inside = (knots[:-1] > low - 1e-9) & (knots[1:] < high + 1e-9)
            out[1 : 1 + parts, 0] = torch.where(inside, knots.diff() / (high - low), 0).sqrt()
        return out

    return noise


def test_calls_of_the_denoiser(entry: ModuleType, curved: Denoiser, levels: Tensor) -> None:
    """First order samplers and multistep ones call once a step; the others also look ahead."""
    seen: list[float] = []

    def counted(x: Tensor, sigma: Tensor) -> Tensor:
        seen.append(float(sigma))
        assert sigma.shape in ((), (len(x),))
        assert sigma.dtype == torch.float64
        return curved(x, sigma)

    steps = len(levels) - 1
    _run(entry, counted, levels, seeds=[0])
    ahead = (getattr(entry, "CALLS", 1) - 1) * (steps - 1)
    if _id(entry) == "dpm_adaptive":
        assert len(seen) % 3 == 1
    else:
        assert len(seen) == steps + ahead + (_id(entry) in ("plms", "dpm_fast"))
    assert seen[-1] == levels[-2]


def test_steps_are_numbered_and_name_their_level(
    entry: ModuleType, curved: Denoiser, levels: Tensor
) -> None:
    walked = _run(entry, curved, levels, seeds=[0, 1])
    numbers, steps = [step.index for step in walked], len(levels) - 1
    if _id(entry) in OWN_LEVELS:
        assert numbers == sorted(numbers)
        assert numbers[-1] == steps - 1
    else:
        assert numbers == list(range(steps))
        assert [float(step.sigma) for step in walked] == levels[:-1].tolist()
    landed = torch.equal(walked[-1].x, walked[-1].denoised)
    assert landed == (_id(entry) not in BESIDE)


def test_walking_is_lazy_and_leaves_its_input_alone(
    entry: ModuleType, curved: Denoiser, levels: Tensor
) -> None:
    calls: list[float] = []

    def counted(x: Tensor, sigma: Tensor) -> Tensor:
        calls.append(float(sigma))
        return curved(x, sigma)

    x = torch.ones(1, 4)
    walk = entry.sample(counted, x, levels, source(entry.NOISE, [0], (4,), levels))
    assert calls == []
    next(walk)
    assert len(calls) <= 3
    assert torch.equal(x, torch.ones(1, 4))


def test_the_same_seed_gives_the_same_bits(
    entry: ModuleType, curved: Denoiser, levels: Tensor
) -> None:
    first, again, other = (_run(entry, curved, levels, seeds=[seed])[-1].x for seed in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("shape", [(5,), (4, 33), (3, 5, 7), (4, 3, 5, 7)])
def test_an_image_does_not_depend_on_its_batch(
    entry: ModuleType, curved: Denoiser, levels: Tensor, shape: tuple[int, ...]
) -> None:
    """Sound (C, L), pictures (C, H, W), film (C, T, H, W): bit for bit, alone and in company."""
    together = _run(entry, curved, levels, seeds=[3, 4, 5], shape=shape)[-1].x
    assert together.shape == (3, *shape)
    for index, seed in enumerate([3, 4, 5]):
        alone = _run(entry, curved, levels, seeds=[seed], shape=shape)[-1].x
        assert torch.equal(alone[0], together[index])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_x_keeps_its_dtype(
    entry: ModuleType, curved: Denoiser, levels: Tensor, dtype: torch.dtype
) -> None:
    for step in _run(entry, curved, levels, seeds=[0], dtype=dtype):
        assert step.x.dtype == dtype
        assert step.denoised.dtype == dtype


def test_float32_ends_where_float64_does(
    entry: ModuleType, curved: Denoiser, levels: Tensor
) -> None:
    wide, narrow = (
        _run(entry, curved, levels, seeds=[0, 1], dtype=dtype)[-1].x
        for dtype in (torch.float64, torch.float32)
    )
    torch.testing.assert_close(narrow.double(), wide, rtol=1e-4, atol=1e-5)


def test_what_a_mask_keeps_comes_out_exactly(
    entry: ModuleType, curved: Denoiser, levels: Tensor
) -> None:
    known = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1)) * 3
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., 2:] = 1
    end = _run(entry, masked(curved, known, mask), levels, seeds=[0, 1], shape=(3, 4, 4))[-1].x
    if _id(entry) in BESIDE:
        torch.testing.assert_close(end[..., :2], known[..., :2], rtol=1e-5, atol=1e-5)
    else:
        assert torch.equal(end[..., :2], known[..., :2])
    assert not torch.isclose(end[..., 2:], known[..., 2:]).any()


def test_one_step_lands_on_the_estimate(entry: ModuleType, curved: Denoiser) -> None:
    levels = torch.tensor([14.6, 0.0], dtype=torch.float64)
    (step,) = _run(entry, curved, levels, seeds=[0])
    assert torch.equal(step.x, curved(_start([0], (4,), levels), levels[0]))


def test_no_levels_are_no_steps(entry: ModuleType, curved: Denoiser) -> None:
    assert list(entry.sample(curved, torch.ones(1, 4), torch.zeros(1))) == []


def _id(entry: ModuleType) -> str:
    return entry.__name__.rpartition(".")[2]


def _knobs(entry: ModuleType) -> tuple[str, ...]:
    """The names behind the four that every sampler takes."""
    return tuple(inspect.signature(entry.sample).parameters)[4:]


def _start(
    seeds: Sequence[int], shape: tuple[int, ...], levels: Tensor, dtype: torch.dtype = torch.float32
) -> Tensor:
    return starting(seeds, shape, dtype=dtype) * levels[0]


def _run(
    entry: ModuleType,
    denoise: Denoiser,
    levels: Tensor,
    *,
    seeds: Sequence[int],
    shape: tuple[int, ...] = (4,),
    dtype: torch.dtype = torch.float32,
) -> list[Step]:
    """Walk as the pipeline does."""
    noise = source(entry.NOISE, seeds, shape, levels, dtype=dtype)
    return list(entry.sample(denoise, _start(seeds, shape, levels, dtype), levels, noise))
