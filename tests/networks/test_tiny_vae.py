"""The tiny autoencoder against diffusers' own on shared random weights, and TAESD's keys."""

from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from torch import Tensor

from underpaint.networks.tiny_vae import TinyAutoencoder, TinyAutoencoderParams
from underpaint.weights.rename import hollow

CASES = {
    "two levels": TinyAutoencoderParams(channels=8, blocks=(1, 2)),
    "four levels": TinyAutoencoderParams(channels=16, blocks=(2, 1, 1, 1), latent_channels=16),
}


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def network(params: TinyAutoencoderParams) -> TinyAutoencoder:
    torch.manual_seed(1)
    return TinyAutoencoder(params).eval().requires_grad_(False)


def reference(params: TinyAutoencoderParams, own: TinyAutoencoder) -> Any:  # noqa: ANN401
    levels = len(params.blocks)
    make: Any = AutoencoderTiny
    theirs = make(
        encoder_block_out_channels=(params.channels,) * levels,
        decoder_block_out_channels=(params.channels,) * levels,
        num_encoder_blocks=params.blocks[::-1],
        num_decoder_blocks=params.blocks,
        latent_channels=params.latent_channels,
    )
    theirs.load_state_dict(dict(renamed(name, t) for name, t in own.state_dict().items()))
    return theirs.eval().requires_grad_(False)


def renamed(name: str, tensor: Tensor) -> tuple[str, Tensor]:
    """Return diffusers' name: its decoder does not count the soft limit as a layer."""
    part, index, rest = name.split(".", 2)
    return f"{part}.layers.{int(index) - (part == 'decoder')}.{rest}", tensor


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_diffusers(case: str) -> None:
    params = CASES[case]
    own = network(params)
    theirs = reference(params, own)

    pixels = drawn(2, 3, 16, 24, seed=2).clamp(-1, 1)
    latent = own.encode(pixels)
    assert (latent - theirs.encode(pixels).latents).abs().max() <= 1e-4

    wild = 4 * drawn(*latent.shape, seed=3)
    painted = own.decode(wild)
    assert (painted - theirs.decode(wild).sample).abs().max() <= 1e-4
    assert painted.shape == pixels.shape


def test_has_the_keys_of_taesd() -> None:
    """Layers with weights, by their place in the published files' two sequences."""
    shapes = {n: tuple(t.shape) for n, t in network_of_taesd().state_dict().items()}
    encoder = {0: "conv", 1: "block", 2: "half", 3: "block", 4: "block", 5: "block", 6: "half",
               7: "block", 8: "block", 9: "block", 10: "half", 11: "block", 12: "block",
               13: "block", 14: "conv"}  # fmt: skip
    decoder = {1: "conv", 3: "block", 4: "block", 5: "block", 7: "half", 8: "block", 9: "block",
               10: "block", 12: "half", 13: "block", 14: "block", 15: "block", 17: "half",
               18: "block", 19: "conv"}  # fmt: skip
    ends = {
        "conv": ["weight", "bias"],
        "half": ["weight"],
        "block": [f"conv.{place}.{end}" for place in (0, 2, 4) for end in ("weight", "bias")],
    }
    assert list(shapes) == [
        f"{part}.{place}.{end}"
        for part, layers in (("encoder", encoder), ("decoder", decoder))
        for place, kind in layers.items()
        for end in ends[kind]
    ]
    assert shapes["encoder.0.weight"] == (64, 3, 3, 3)
    assert shapes["encoder.14.weight"] == (4, 64, 3, 3)
    assert shapes["decoder.1.weight"] == (64, 4, 3, 3)
    assert shapes["decoder.19.weight"] == (3, 64, 3, 3)
    assert sum(tensor.numel() for tensor in network_of_taesd().parameters()) == 2_445_063


def network_of_taesd() -> TinyAutoencoder:
    return hollow(lambda: TinyAutoencoder(TinyAutoencoderParams()))


def test_a_latent_far_out_is_drawn_in() -> None:
    own = network(CASES["two levels"])
    far, farther = (own.decode(torch.full((1, 4, 2, 2), size)) for size in (1e3, 1e6))
    assert torch.equal(far, farther)


def test_the_factor_follows_from_the_levels() -> None:
    assert TinyAutoencoderParams().factor == 8
    assert CASES["two levels"].factor == 2
