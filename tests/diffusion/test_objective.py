"""The training loss: zero at the truth, weighed as its papers weigh it."""

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.objective import WEIGHTINGS, Weighting, draw_sigmas, loss
from underpaint.diffusion.prediction import PREDICTIONS

SIGMA = torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64)


@pytest.fixture
def clock() -> Clock:
    return Clock.from_betas(betas("scaled_linear"))


def pair() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    both = torch.randn(2, len(SIGMA), 4, 8, 8, generator=generator, dtype=torch.float64)
    return both[0], both[1]


@pytest.mark.parametrize("name", PREDICTIONS)
@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_loss_is_zero_at_the_truth(name: str, weighting: Weighting, clock: Clock) -> None:
    x0, noise = pair()
    truth = PREDICTIONS[name].target(x0, noise, SIGMA)
    losses = loss(
        lambda _x, _timestep: truth,
        PREDICTIONS[name],
        clock,
        x0,
        noise=noise,
        sigma=SIGMA,
        weighting=weighting,
    )
    assert losses.tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", PREDICTIONS)
def test_loss_uses_the_denoiser_that_samples(name: str, clock: Clock) -> None:
    """An error e of the prediction moves the denoised estimate by c_out * e."""
    prediction = PREDICTIONS[name]
    x0, noise = pair()

    def network(x: Tensor, timestep: Tensor) -> Tensor:
        return torch.sin(x + timestep.reshape(-1, 1, 1, 1))

    losses = loss(network, prediction, clock, x0, noise=noise, sigma=SIGMA)
    x = x0 + SIGMA.reshape(-1, 1, 1, 1) * noise
    error = (prediction.denoiser(network, clock)(x, SIGMA) - x0).square().flatten(1).mean(1)
    torch.testing.assert_close(losses * prediction.c_out(SIGMA) ** 2, error)


def test_min_snr_agrees_with_the_papers_table() -> None:
    """Hang et al. 2023, section 3.4: the weight on the loss of eps, v and x0."""
    snr = SIGMA**-2
    clamped = snr.clamp(max=5)
    weights = {name: WEIGHTINGS["min_snr"](PREDICTIONS[name], SIGMA) for name in PREDICTIONS}
    torch.testing.assert_close(weights["eps"], clamped / snr)
    torch.testing.assert_close(weights["v"], clamped / (snr + 1))
    torch.testing.assert_close(weights["x0"], clamped)


def test_min_snr_plus_still_counts_where_there_is_only_noise() -> None:
    """The weight on the loss of v: min(SNR + 1, 5) / (SNR + 1), which is 1 down to an SNR of 4."""
    snr = SIGMA**-2
    weight = WEIGHTINGS["min_snr_plus"](PREDICTIONS["v"], SIGMA)
    torch.testing.assert_close(weight, (5 / (snr + 1)).clamp(max=1))
    pure = torch.tensor([4096.0], dtype=torch.float64)
    assert WEIGHTINGS["min_snr_plus"](PREDICTIONS["v"], pure) == pytest.approx(1, rel=1e-6)
    assert WEIGHTINGS["min_snr"](PREDICTIONS["v"], pure) < 1e-6


def test_edm_weighs_v_evenly() -> None:
    """With unit data, v is EDM's own preconditioner, so its weight is 1 at every level."""
    weight = WEIGHTINGS["edm"](PREDICTIONS["v"], SIGMA)
    torch.testing.assert_close(weight, torch.ones_like(weight))


def test_gradients_reach_the_network(clock: Clock) -> None:
    scale = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    x0, noise = pair()
    loss(
        lambda x, _timestep: scale * x, PREDICTIONS["v"], clock, x0, noise=noise, sigma=SIGMA
    ).mean().backward()  # pyright: ignore[reportUnknownMemberType]
    assert scale.grad is not None
    assert scale.grad != 0


def test_one_image_weighs_the_same_in_any_batch(clock: Clock) -> None:
    x0, noise = pair()
    batch = loss(lambda x, _t: x, PREDICTIONS["eps"], clock, x0, noise=noise, sigma=SIGMA)
    alone = loss(
        lambda x, _t: x, PREDICTIONS["eps"], clock, x0[1:2], noise=noise[1:2], sigma=SIGMA[1:2]
    )
    torch.testing.assert_close(batch[1:2], alone)


def test_drawn_levels_are_trained_ones_and_reproducible(clock: Clock) -> None:
    first, second = (draw_sigmas(clock, 4096, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.isin(first, clock.sigmas).all()
    assert clock.timestep(first).mean() == pytest.approx(499.5, abs=20)
