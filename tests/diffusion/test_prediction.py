"""The four predictions are one denoiser in four coats."""

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, FlowClock, betas, noised, zero_terminal
from underpaint.diffusion.prediction import PREDICTIONS, Network, Prediction

LEVELS = torch.tensor([1e-3, 0.03, 0.5, 1.0, 14.6, 4096.0], dtype=torch.float64)


@pytest.fixture(params=PREDICTIONS)
def prediction(request: pytest.FixtureRequest) -> Prediction:
    return PREDICTIONS[request.param]


@pytest.fixture
def clock() -> Clock:
    return Clock.from_betas(betas("scaled_linear"))


def pair(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    both = torch.randn(2, len(LEVELS), 4, 8, 8, generator=generator, dtype=torch.float64)
    return both[0].to(dtype), both[1].to(dtype)


def oracle(answer: Tensor) -> Network:
    """A network that always answers the same."""
    return lambda _x, _timestep: answer


def test_a_network_that_hits_its_target_denoises_perfectly(
    prediction: Prediction, clock: Clock
) -> None:
    x0, noise = pair()
    network = oracle(prediction.target(x0, noise, LEVELS))
    denoised = prediction.denoiser(network, clock)(noised(x0, LEVELS, noise), LEVELS)
    torch.testing.assert_close(denoised, x0, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", ["v", "x0"])
def test_v_and_x0_hold_at_zero_signal_in_float32(name: str) -> None:
    clock = Clock.from_betas(zero_terminal(betas("scaled_linear")))
    x0, noise = pair(torch.float32)
    level = torch.tensor(clock.sigma_max, dtype=torch.float64)
    network = oracle(PREDICTIONS[name].target(x0, noise, level))
    denoised = PREDICTIONS[name].denoiser(network, clock)(noised(x0, level, noise), level)
    torch.testing.assert_close(denoised, x0, rtol=0, atol=1e-3)


def test_the_network_sees_unit_variance(prediction: Prediction) -> None:
    scale = prediction.c_in(LEVELS)
    variance = scale**2 * (1 + LEVELS**2)
    if prediction.name == "flow":  # a flow mixes along a straight line, not along a circle
        variance = variance / (scale**2 + (1 - scale) ** 2)
    torch.testing.assert_close(variance, torch.ones_like(LEVELS))


def test_predictions_wrap_one_denoiser_alike(prediction: Prediction, clock: Clock) -> None:
    x0, noise = pair()
    x = noised(x0, LEVELS, noise)

    def ideal(x: Tensor) -> Tensor:
        return torch.tanh(x)

    def network(x_in: Tensor, _timestep: Tensor) -> Tensor:
        levels = LEVELS.reshape(-1, 1, 1, 1)
        x = x_in / prediction.c_in(levels)
        return (ideal(x) - prediction.c_skip(levels) * x) / prediction.c_out(levels)

    torch.testing.assert_close(prediction.denoiser(network, clock)(x, LEVELS), ideal(x))


def test_the_network_hears_the_timestep_of_each_image(prediction: Prediction, clock: Clock) -> None:
    heard: list[Tensor] = []

    def network(x: Tensor, timestep: Tensor) -> Tensor:
        heard.append(timestep)
        return x

    denoise = prediction.denoiser(network, clock)
    denoise(torch.zeros(2, 4, 8, 8), clock.sigmas[torch.tensor([7, 500])])
    denoise(torch.zeros(3, 4, 8, 8), clock.sigmas[999])
    assert [each.tolist() for each in heard] == [[7, 500], [999, 999, 999]]


def test_a_flow_network_hears_its_own_time() -> None:
    heard: list[Tensor] = []

    def network(x: Tensor, timestep: Tensor) -> Tensor:
        heard.append(timestep)
        return x

    PREDICTIONS["flow"].denoiser(network, FlowClock.shifted())(torch.zeros(1, 4), torch.tensor(1.0))
    assert heard[0].tolist() == [500]


def test_denoised_keeps_the_dtype_of_x(prediction: Prediction, clock: Clock) -> None:
    denoise = prediction.denoiser(lambda x, _timestep: x.half(), clock)
    for dtype in (torch.float32, torch.float64):
        assert denoise(torch.ones(1, 4, dtype=dtype), torch.tensor(1.0)).dtype == dtype
