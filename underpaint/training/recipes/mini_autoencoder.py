"""The first stage of `mini`: pictures of 256x256 to latents of 8 channels at 16x16."""

from underpaint.requests.train import Sizes, TrainRequest
from underpaint.training.recipes import mini

__all__ = ["prepare", "request"]

LABEL = "The autoencoder of mini"

prepare = mini.prepare


def request() -> TrainRequest:
    """What is asked for: 40,000 pictures, 20 to 60 minutes on two cores.

    Returns:
        The request.
    """
    return TrainRequest(
        recipe="mini_autoencoder",
        kind="autoencoder",
        data="data/mini/pictures",
        size=256,
        flip=False,
        batch=4,
        steps=10_000,
        learning_rate=1.2e-3,
        warmup=100,
        weight_decay=1e-4,
        ema=0.998,
        network=Sizes({
            "vae": {
                "channels": 32,
                "multipliers": (1, 2, 3, 4),
                "blocks": 1,
                "latent_channels": 8,
                "patch": 2,
            }
        }),
    )  # fmt: skip
