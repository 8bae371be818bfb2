"""A text encoder that is taught to read before it sees a picture."""

import pytest
import torch
from torch import Tensor

from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.networks.tokenizer import END, VOCABULARY
from underpaint.training.captions import tokenized
from underpaint.training.recipes._sentences import phrases, reading, targets

WIDTH = 32
PARAMS = ClipTextParams(vocabulary=VOCABULARY, context_length=12, width=WIDTH, layers=1, heads=2)


def meanings(count: int = 300) -> Tensor:
    """Sentences that all say nearly the same: a strong common part, and a weak one of their own."""
    generator = torch.Generator().manual_seed(1)
    common = torch.randn(1, 384, generator=generator)
    own = torch.randn(count, 384, generator=generator) * torch.linspace(1, 0.01, 384)
    return torch.nn.functional.normalize(common + 0.2 * own, dim=-1)


def rank(rows: Tensor) -> float:
    """How many directions the rows use, by the participation ratio of their variances."""
    variances = torch.linalg.svdvals(rows - rows.mean(0)).square()
    return float(variances.sum().square() / variances.square().sum())


def test_targets_lie_farther_apart_than_what_was_said() -> None:
    said = meanings()
    wanted = targets(said, 200, WIDTH)
    assert wanted.shape == (300, WIDTH)
    assert wanted[:200].std() == pytest.approx(1)
    assert rank(wanted) > 0.9 * WIDTH

    apart = torch.nn.functional.normalize(wanted, dim=-1)
    assert (apart @ apart.T - torch.eye(300)).abs().mean() < 0.2 < (said @ said.T).mean()


def test_targets_of_the_same_meaning_are_the_same() -> None:
    said = meanings()
    said[7] = said[5]
    wanted = targets(said, 200, WIDTH)
    assert torch.equal(wanted[5], wanted[7])


def test_phrases_are_each_there_once_and_in_order() -> None:
    found = phrases(["red fox", "owl", "owl"], ["bread", "owl"])
    assert found == sorted(set(found))
    assert {"", "bread", "owl", "red fox", "a red fox", "red fox, 3d render"} <= set(found)
    assert any(text.startswith("red fox on a ") for text in found)
    assert found == phrases(["red fox", "owl", "owl"], ["bread", "owl"])


def test_an_encoder_learns_to_say_what_is_wanted() -> None:
    torch.manual_seed(0)
    encoder = ClipText(PARAMS)
    table = encoder.text_model.embeddings.token_embedding.weight.requires_grad_(False)
    before = table.clone()
    ids = tokenized(["banana", "red fox", "owl on a blue background", ""], PARAMS.context_length)
    wanted = torch.randn(4, WIDTH)

    def error() -> float:
        with torch.no_grad():
            return float((encoder(ids)[1] - wanted).square().mean())

    first = error()
    assert list(reading(encoder, ids, wanted, weights=[1, 1, 1, 1], steps=60)) == [*range(1, 61)]
    assert error() < 0.2 * first
    assert torch.equal(table, before)


def test_texts_without_weight_are_never_read() -> None:
    """One whose ids would not even fit the table."""
    encoder = ClipText(PARAMS)
    ids = torch.full((2, PARAMS.context_length), END)
    ids[1, 3] = VOCABULARY
    assert list(reading(encoder, ids, torch.zeros(2, WIDTH), weights=[1, 0], steps=1)) == [1]
