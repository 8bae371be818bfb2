"""How a text encoder reads: ways of emphasis, contexts, and words that are taught to it."""

from typing import Any

import pytest
import torch
from torch import Tensor

from underpaint.errors import RequestError, WeightsError
from underpaint.families import sd1, tiny
from underpaint.families._text import Reader, emphasised
from underpaint.requests._emphasis import Emphasis, emphases


@pytest.fixture
def reader() -> Reader:
    (reader,) = sd1.build(tiny.weights()).readers
    return reader


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


# What weights do.


def test_emphasis_gives_clips_features_their_mean_back() -> None:
    features, weights = drawn(1, 5, 768) + 0.1, [1.0, 1.3, 0.5, 1.0, 1.0]
    found = emphasised(features, weights)
    assert float(found.mean()) == pytest.approx(float(features.mean()), rel=1e-4)
    assert torch.allclose(
        found[0, 1] / found[0, 0], 1.3 * features[0, 1] / features[0, 0], rtol=1e-3
    )


@pytest.mark.parametrize("width", [768, 1024, 1280])
def test_the_encoders_of_larger_families_have_a_mean_as_well(width: int) -> None:
    features = drawn(1, 3, width) + 0.1
    found = emphasised(features, [1.0, 2.0, 0.5])
    assert float(found.mean()) == pytest.approx(float(features.mean()), rel=1e-4)


def test_emphasis_leaves_a_small_encoders_mean_alone() -> None:
    features = drawn(1, 3, 64)
    found = emphasised(features, [1.0, 2.0, 0.0])
    assert torch.equal(found, features * torch.tensor([1.0, 2.0, 0.0])[:, None])


def test_without_norm_the_mean_is_what_it_becomes() -> None:
    features = drawn(1, 3, 768) + 0.1
    found = emphasised(features, [1.0, 2.0, 0.5], "no_norm")
    assert torch.equal(found, features * torch.tensor([1.0, 2.0, 0.5])[:, None])


@pytest.mark.parametrize("emphasis", emphases())
def test_weights_of_one_change_no_bit(emphasis: Emphasis) -> None:
    features = torch.randn(1, 3, 768)
    assert emphasised(features, [1.0, 1.0, 1.0], emphasis) is features


def test_features_without_a_mean_stay_finite() -> None:
    assert emphasised(torch.zeros(1, 3, 768), [1.0, 2.0, 0.5]).isfinite().all()


def test_ignored_weights_are_taken_out_of_the_text(reader: Reader) -> None:
    ignored = reader.read("a (red:1.5) [fox]", emphasis="ignore")
    assert torch.equal(ignored.tokens, reader.read("a red fox").tokens)


def test_without_emphasis_brackets_are_text(reader: Reader) -> None:
    plain = reader.read(r"a (red:1.5) BREAK fox", emphasis="none")
    assert torch.equal(plain.tokens, reader.read(r"a \(red:1.5\) BREAK fox".lower()).tokens)


# Contexts.


def test_a_break_is_read_apart(reader: Reader) -> None:
    both = reader.read("a fox BREAK a dog")
    one, other = reader.read("a fox"), reader.read("a dog")
    assert torch.equal(both.tokens, torch.cat([one.tokens, other.tokens], dim=1))
    assert torch.equal(both.pooled, one.pooled)


def test_padding_is_the_encoders_own() -> None:
    network = tiny.build(tiny.weights()).readers[0]._network  # pyright: ignore[reportPrivateUsage]
    zeros = Reader(network, torch.device("cpu"), padding=0)
    assert zeros.rows("a fox")[0].ids[4:] == (0,) * 73
    found, usual = zeros.read("a fox"), Reader(network, torch.device("cpu")).read("a fox")
    assert torch.equal(found.tokens[:, :4], usual.tokens[:, :4])
    assert torch.equal(found.pooled, usual.pooled)


# Words that are taught.


def test_a_word_that_means_what_a_token_means_reads_the_same(reader: Reader) -> None:
    (own,) = tiny.build(tiny.weights()).readers
    network: Any = own._network  # pyright: ignore[reportPrivateUsage]
    table = network.text_model.embeddings.token_embedding.weight
    wanted = reader.read("a (red fox:1.3) dog")
    reader.learn("zq-style", table[list(reader.rows("red fox")[0].ids[1:3])])
    for text in ("a (zq-style:1.3) dog", "a (ZQ-Style:1.3) dog"):
        found = reader.read(text)
        assert torch.equal(found.tokens, wanted.tokens)
        assert torch.equal(found.pooled, wanted.pooled)


def test_a_taught_word_changes_the_reading_until_it_is_forgotten(reader: Reader) -> None:
    before = reader.read("a fox, zebra").tokens
    reader.learn("fox", drawn(4, 32))
    taught = reader.read("a fox, zebra").tokens
    assert not torch.equal(taught, before)
    assert torch.equal(taught[:, :2], before[:, :2])  # what comes before hears nothing of it

    reader.learn("fox", drawn(4, 32, seed=2))
    assert not torch.equal(reader.read("a fox, zebra").tokens, taught)
    reader.forget("fox")
    reader.forget("fox")
    assert torch.equal(reader.read("a fox, zebra").tokens, before)


def test_words_are_known_for_a_while(reader: Reader) -> None:
    reader.learn("fox", drawn(4, 32))
    taught, plain = reader.read("a fox").tokens, reader.read("a dog").tokens
    with reader.knowing({"fox": drawn(2, 32), "dog": drawn(1, 32)}):
        assert not torch.equal(reader.read("a fox").tokens, taught)
        assert not torch.equal(reader.read("a dog").tokens, plain)
    with pytest.raises(WeightsError), reader.knowing({"dog": drawn(2, 32), "cat": drawn(2, 5)}):
        pass
    assert torch.equal(reader.read("a fox").tokens, taught)
    assert torch.equal(reader.read("a dog").tokens, plain)


@pytest.mark.parametrize(
    ("text", "is_mentioned"),
    [("(Zq_Style:1.2), x", True), ("zq _ style", True), ("zq style", False), ("zq_styles", False)],
)
def test_a_name_is_mentioned_by_its_tokens(reader: Reader, text: str, is_mentioned: bool) -> None:
    assert reader.mentions(text, "zq_style") is is_mentioned
    assert not reader.mentions(text, "")


def test_a_whole_context_of_vectors_is_a_context(reader: Reader) -> None:
    reader.learn("zq", drawn(75, 32))
    assert [len(row.inserts) for row in reader.rows("a zq b")] == [0, 1, 0]
    assert reader.read("a zq b").tokens.shape == (1, 3 * 77, 32)


@pytest.mark.parametrize(
    ("vectors", "reason"),
    [
        (torch.zeros(2, 31), r"'zq' has the shape \(2, 31\); it must have rows of 32"),
        (torch.zeros(32), r"has the shape \(32,\)"),
        (torch.zeros(0, 32), "has 0 vectors; it must have 1 to 75"),
        (torch.zeros(76, 32), "has 76 vectors"),
        (torch.full((1, 32), float("nan")), "not finite"),
    ],
)
def test_other_vectors_are_refused(reader: Reader, vectors: Tensor, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason):
        reader.learn("zq", vectors)


def test_a_name_must_be_writable(reader: Reader) -> None:
    with pytest.raises(RequestError, match="' ' has no name"):
        reader.learn(" ", torch.zeros(1, 32))
