"""The settings of the next `mini`, all in one place: its sizes, and what it costs on two machines.

Three recipes share them: `mini_next_autoencoder`, then `mini_next`, then `mini_next_four_steps`.
Each asks for hours on two cores, resumed as often as need be; with `--gpu`, for its part of half an
hour on one large GPU.

How large: 28 MB hold a token table of 4.9 MB, a text encoder of 1.6, and one byte for each of the
11.3 million weights of the denoiser and the 6.1 million of the autoencoder: 24 MB, which leaves 4
for the four steps. The autoencoder folds 4x4 pixels before it begins, so a picture of 512x512 is a
latent of 16x16 with 12 channels. For four pictures, twenty guided steps are then 138 GFLOP, four
unguided ones 14, and decoding them 51.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from underpaint.requests.train import Sizes, TrainRequest

__all__ = ["DATA", "TEXT", "WIDTH", "autoencoder", "denoiser", "four_steps"]

DATA = "data/mini_next"
SIZE = 512
WIDTH = 256
"""Of the text's features."""

VAE: Mapping[str, Any] = {
    "channels": 40,
    "multipliers": (1, 2, 4, 4),
    "blocks": 1,
    "latent_channels": 12,
    "patch": 4,
}
UNET: Mapping[str, Any] = {
    "channels": 64,
    "multipliers": (1, 2, 3),
    "attention": (False, True, True),
    "blocks": 1,
    "pooled_width": WIDTH,
}
TEXT: Mapping[str, Any] = {"context_length": 32, "width": WIDTH, "layers": 2, "heads": 4}

PROMPTS = (
    *("banana, 3d render", "a red fish, flat icon", "fox, noto style", "crown, twemoji style"),
    *("a cake on a blue background", "an apple to the left of a banana", "three green apples"),
    *("small rocket at the top right on a black background", "purple elephant, flat icon"),
)

GPU: Mapping[str, Mapping[str, Any]] = {
    "autoencoder": {"batch": 32, "steps": 10_000, "minutes": 10, "compositions": 262_144},
    "denoiser": {"batch": 512, "steps": 16_000, "minutes": 14, "compositions": 262_144},
    "four steps": {"batch": 256, "steps": 3_000, "minutes": 5, "compositions": 262_144},
}
"""What each recipe asks for otherwise on one large GPU; `compile` is worth a trial there."""


def autoencoder() -> TrainRequest:
    """Return the first stage: 512x512 to 16x16, 6 million weights; two to four hours."""
    return TrainRequest(
        recipe="mini_next_autoencoder",
        kind="autoencoder",
        data=f"{DATA}/cutouts.safetensors",
        compositions=40_000,
        size=SIZE,
        flip=False,
        batch=4,
        steps=30_000,
        learning_rate=1.2e-3,
        warmup=200,
        weight_decay=1e-4,
        ema=0.998,
        network=Sizes({"vae": VAE}),
    )


def denoiser() -> TrainRequest:
    """Return the denoiser of its latents, 11 million weights; three to eight hours."""
    return TrainRequest(
        recipe="mini_next",
        kind="latents",
        data=f"{DATA}/cutouts.safetensors",
        compositions=40_000,
        autoencoder="runs/mini_next_autoencoder/mini_next_autoencoder.safetensors",
        start=f"{DATA}/words.safetensors",
        size=SIZE,
        flip=False,
        batch=32,
        steps=60_000,
        learning_rate=1e-3,
        warmup=300,
        weight_decay=1e-3,
        ema=0.999,
        snapshot_every=3_000,
        prediction="v",
        betas="scaled_linear",
        zero_terminal=True,
        weighting="min_snr_plus",
        caption_dropout=0.1,
        sample_prompts=PROMPTS,
        network=Sizes({"unet": UNET, "text": TEXT, "freeze_text": True}),
    )


def four_steps() -> TrainRequest:
    """Return what `denoiser` made, taught to paint in four steps without guidance; two hours."""
    before = denoiser()
    return replace(
        before,
        recipe="mini_next_four_steps",
        out="",
        start=None,
        teacher=f"{before.out}/{before.recipe}.safetensors",
        teacher_guidance=3.5,
        few_steps=4,
        steps=8_000,
        learning_rate=2e-4,
        warmup=100,
        weight_decay=0.0,
        ema=0.998,
        snapshot_every=0,
    )
