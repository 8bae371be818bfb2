"""Captions as numbers: which is drawn, which is left out, and what the encoder makes of them."""

import pytest
import torch

from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.training.captions import Captions, tokenized
from underpaint.training.order import generator

START, END = 49_406, 49_407
WAYS = (("a cat", "a small cat", "cat"), (), ("a dog",))


@pytest.fixture
def text() -> ClipText:
    torch.manual_seed(0)
    return ClipText(ClipTextParams(width=8, layers=1, heads=2, context_length=6))


def test_rows_are_padded_and_cut_to_the_context() -> None:
    empty, cat, long = tokenized(["", "cat", "cat " * 20], 6)
    assert empty.tolist() == [START, END, END, END, END, END]
    assert cat.tolist()[0] == START
    assert cat.tolist()[2:] == [END] * 4
    assert long.tolist() == [START, *[cat.tolist()[1]] * 4, END]


def test_brackets_are_words_here() -> None:
    assert not torch.equal(tokenized(["(cat:1.2)"], 16), tokenized(["cat"], 16))


def test_each_way_to_say_it_comes_up(text: ClipText) -> None:
    captions = Captions(WAYS, text, tokenized, dropout=0.0)
    drawn = captions.drawn(torch.zeros(400, dtype=torch.int64), generator(0, "test", 0))
    rows = {tuple(row) for row in drawn.tolist()}
    assert rows == {tuple(row) for row in tokenized(WAYS[0], 6).tolist()}
    only = captions.drawn(torch.tensor([2, 1]), generator(0, "test", 0))
    assert torch.equal(only, tokenized(["a dog", ""], 6))


def test_repeated_captions_weigh_more(text: ClipText) -> None:
    captions = Captions([("a", "a", "a", "b")], text, tokenized, dropout=0.0)
    drawn = captions.drawn(torch.zeros(2000, dtype=torch.int64), generator(0, "test", 1))
    share = (drawn == tokenized(["a"], 6)).all(1).double().mean()
    assert share == pytest.approx(0.75, abs=0.05)


def test_a_share_is_left_out(text: ClipText) -> None:
    captions = Captions([("a dog",)], text, tokenized, dropout=0.25)
    drawn = captions.drawn(torch.zeros(2000, dtype=torch.int64), generator(0, "test", 2))
    empty = (drawn == tokenized([""], 6)).all(1).double().mean()
    assert empty == pytest.approx(0.25, abs=0.05)
    all_gone = Captions([("a dog",)], text, tokenized, dropout=1.0)
    drawn = all_gone.drawn(torch.zeros(5, dtype=torch.int64), generator(0, "test", 3))
    assert torch.equal(drawn, tokenized([""] * 5, 6))


def test_features_are_the_encoders(text: ClipText) -> None:
    captions = Captions(WAYS, text, tokenized, dropout=0.0)
    context, pooled = captions.features(["a cat", "a dog"], torch.device("cpu"))
    assert (context.shape, pooled.shape) == ((2, 6, 8), (2, 8))
    assert context.requires_grad
    alone, _ = captions.features(["a dog"], torch.device("cpu"))
    assert torch.allclose(alone[0], context[1], atol=1e-6)
