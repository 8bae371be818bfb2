"""The autoencoder against diffusers' own on shared random weights."""

from typing import Any

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor
from torch.nn import functional as F

from underpaint.networks.vae import Autoencoder, AutoencoderParams

CASES = {
    "two levels": AutoencoderParams(channels=128, multipliers=(1, 2), blocks=1),
    "three levels": AutoencoderParams(channels=128, multipliers=(1, 1, 2), latent_channels=8),
    "patches": AutoencoderParams(channels=128, multipliers=(1, 1), blocks=1, patch=2),
}


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def network(params: AutoencoderParams) -> Autoencoder:
    torch.manual_seed(1)
    return Autoencoder(params).eval().requires_grad_(False)


def reference(params: AutoencoderParams, own: Autoencoder) -> Any:  # noqa: ANN401
    levels = len(params.multipliers)
    make: Any = AutoencoderKL
    theirs = make(
        in_channels=3 * params.patch**2,
        out_channels=3 * params.patch**2,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=tuple(params.channels * m for m in params.multipliers),
        layers_per_block=params.blocks,
        latent_channels=params.latent_channels,
    )
    weights = {f"first_stage_model.{name}": t for name, t in own.state_dict().items()}
    theirs.load_state_dict(convert_ldm_vae_checkpoint(weights, dict(theirs.config)))
    return theirs.eval().requires_grad_(False)


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_diffusers(case: str) -> None:
    params = CASES[case]
    own = network(params)
    theirs = reference(params, own)
    pixels = drawn(2, 3, 16, 24, seed=2).clamp(-1, 1)

    mean, log_variance = own.encode(pixels)
    wanted = theirs.encode(F.pixel_unshuffle(pixels, params.patch)).latent_dist
    assert (mean - wanted.mean).abs().max() <= 1e-4
    assert (log_variance - wanted.logvar).abs().max() <= 1e-4

    latent = drawn(*mean.shape, seed=3)
    painted = F.pixel_shuffle(theirs.decode(latent).sample, params.patch)
    assert (own.decode(latent) - painted).abs().max() <= 1e-4
    assert painted.std() > 0.01


def test_sizes_follow_from_the_params() -> None:
    for params in CASES.values():
        own, factor = network(params), params.factor
        assert factor == params.patch * 2 ** (len(params.multipliers) - 1)
        mean, log_variance = own.encode(torch.zeros(1, 3, 2 * factor, 3 * factor))
        assert mean.shape == log_variance.shape == (1, params.latent_channels, 2, 3)
        assert own.decode(mean).shape == (1, 3, 2 * factor, 3 * factor)


def test_the_log_variance_stays_within_bounds() -> None:
    own = network(CASES["two levels"])
    own.get_parameter("quant_conv.bias")[4:] = torch.tensor([100.0, -100.0, 100.0, -100.0])
    _, log_variance = own.encode(torch.zeros(1, 3, 4, 4))
    assert log_variance[0, :, 0, 0].tolist() == [20, -30, 20, -30]


def test_can_learn() -> None:
    own = Autoencoder(AutoencoderParams(channels=8, multipliers=(1, 2), blocks=1))
    mean, log_variance = own.encode(drawn(1, 3, 8, 8, seed=1))
    (own.decode(mean).sum() + log_variance.sum()).backward()
    assert all(weight.grad is not None for weight in own.parameters())
