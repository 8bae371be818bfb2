"""The tokenizer against transformers' own, built from the same merges."""

import gzip
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from underpaint.networks.tokenizer import (
    COMMA,
    END,
    START,
    VOCABULARY,
    Insert,
    Row,
    Tokenizer,
    published,
    vocabulary,
)
from underpaint.prompt.emphasis import Span, parse

TEXTS = [
    "",
    " ",
    "a photograph of an astronaut riding a horse",
    "A  Photograph\tOF\n\nan ASTRONAUT",
    "it's, they're, I'd, we'll, you've, I'm, can't",
    "1girl, 8k, 1920x1080, f/1.4, ISO 100",
    "naïve café Ångström façade ß ﬁ ½ ™",
    "cafe\u0301",
    "宇宙飛行士が馬に乗る 写真",
    "우주 비행사",
    "פורטרט של אישה صورة",
    "นักบินอวกาศ",
    "👩‍🚀🐎 emoji 🏳️‍🌈 ❤️ 😀😀",
    "masterpiece!!! ((best quality)) :) ;-) -- ... ___",
    "<|startoftext|> inside <|endoftext|> text",
    "<lora:thing:0.7>",
    "\u00a0non\u2003breaking\u3000space\u200b",
    "\u0000 nul \ufeff bom \u202e rtl",
    "supercalifragilisticexpialidocious " * 40,
    "x" * 4000,
    "\U0010ffff \ud7ff \ue000",
    "İSTANBUL ǅ ΑΣ",
]


@pytest.fixture(scope="module")
def own() -> Tokenizer:
    return Tokenizer()


@pytest.fixture(scope="module")
def reference() -> CLIPTokenizer:
    packed = files("underpaint.networks").joinpath("clip_merges.txt.gz").read_bytes()
    merges = [tuple(line.split(" ")) for line in gzip.decompress(packed).decode().splitlines()]
    codes = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(code) for code in codes] + [chr(256 + place) for place in range(68)]
    words = letters + [letter + "</w>" for letter in letters]
    words += ["".join(merge) for merge in merges] + ["<|startoftext|>", "<|endoftext|>"]
    make: Any = CLIPTokenizer
    return make(vocab={word: id for id, word in enumerate(words)}, merges=merges)


def wanted(reference: CLIPTokenizer, text: str) -> list[int]:
    theirs: Any = reference
    return theirs(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]


@pytest.mark.parametrize("text", TEXTS)
def test_agrees_with_transformers(own: Tokenizer, reference: CLIPTokenizer, text: str) -> None:
    assert own.ids(text) == wanted(reference, text)


@given(text=st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_agrees_with_transformers_on_any_text(
    own: Tokenizer, reference: CLIPTokenizer, text: str
) -> None:
    assert own.ids(text) == wanted(reference, text)


def test_knows_the_published_ids(own: Tokenizer) -> None:
    assert own.ids("a photo of a cat") == [320, 1125, 539, 320, 2368]
    assert own.ids(",") == [COMMA]
    assert own.ids("<|startoftext|><|endoftext|>") == [START, END]
    assert max(id for text in TEXTS for id in own.ids(text)) == VOCABULARY - 1


def test_a_lone_surrogate_counts_as_the_replacement_character(own: Tokenizer) -> None:
    assert own.ids("a \ud800 b") == own.ids("a \ufffd b")


def test_says_what_each_token_stands_for(own: Tokenizer) -> None:
    words = vocabulary()
    assert len(words) == VOCABULARY
    assert [words[id] for id in own.ids("A photo of naïve cats")] == [
        "a", "photo", "of", "na", "ï", "ve", "cats",
    ]  # fmt: skip
    assert words[own.ids("é")[0]] == "é"
    assert words[START:] == ["<|startoftext|>", "<|endoftext|>"]
    assert "".join(words[id] for id in own.ids("supercalifragilistic")) == "supercalifragilistic"


def test_its_tables_are_read_by_transformers(own: Tokenizer, tmp_path: Path) -> None:
    for name, text in published().items():
        (tmp_path / name).write_text(text, "utf-8")
    theirs = CLIPTokenizer.from_pretrained(tmp_path)
    words = "a red fox, naïve 🦊 don't"
    assert theirs(words)["input_ids"][1:-1] == own.ids(words)


def test_is_made_quickly() -> None:
    times: list[float] = []
    for _ in range(3):
        before = time.process_time()
        Tokenizer()
        times.append(time.process_time() - before)
    assert min(times) < 0.3  # 0.08 on an idle core


def test_the_empty_text_is_one_row_of_end_tokens(own: Tokenizer) -> None:
    assert own.rows((), 5) == (Row((START, END, END, END, END), (1.0,) * 5),)


def test_a_row_carries_the_weights_of_its_tokens(own: Tokenizer) -> None:
    (row,) = own.rows(parse("a (red:1.5) cat"), 8)
    assert row.ids == (START, *own.ids("a red cat"), *[END] * 4)
    assert row.weights == (1.0, 1.0, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0)


def test_what_is_apart_begins_a_row(own: Tokenizer) -> None:
    def counts(text: str) -> list[int]:
        return [row.ids.count(2368) for row in own.rows(parse(text))]

    assert counts("cat BREAK cat cat") == [1, 2]
    assert counts("BREAK cat") == [0, 1]
    assert counts("cat BREAK") == [1]
    assert counts("cat BREAK BREAK cat") == [1, 0, 1]
    assert counts("cat " * 76 + "BREAK cat") == [75, 1, 1]
    assert counts("cat " * 75 + "BREAK cat") == [75, 1]


def test_padding_follows_the_one_end_token(own: Tokenizer) -> None:
    (row,) = own.rows(parse("cat"), 6, padding=0)
    assert row.ids == (START, 2368, END, 0, 0, 0)
    full, _ = own.rows(parse("cat " * 5), 6, padding=0)
    assert full.ids == (START, *[2368] * 4, END)


def test_vectors_take_the_place_of_a_words_tokens(own: Tokenizer) -> None:
    word = tuple(own.ids("my-fox_style"))
    assert len(word) > 1
    spans = parse("a (MY-FOX_STYLE:1.2) cat")
    (row,) = own.rows(spans, 8, embeddings={word: 3})
    assert row.ids == (START, 320, 0, 0, 0, 2368, END, END)
    assert row.weights == (1.0, 1.0, 1.2, 1.2, 1.2, 1.0, 1.0, 1.0)
    assert row.inserts == (Insert(2, word),)
    assert own.rows(parse("my-fox"), 8, embeddings={word: 3})[0].inserts == ()


def test_the_longest_word_counts(own: Tokenizer) -> None:
    short, long = tuple(own.ids("red cat")), tuple(own.ids("red cat dog"))
    embeddings = {short: 1, long: 2}
    (row,) = own.rows(parse("red cat dog red cat"), 9, embeddings=embeddings)
    assert row.inserts == (Insert(1, long), Insert(3, short))


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("cat " * 73, "", [73, 0]),  # two places are left for three vectors
        ("cat " * 72, "", [72]),  # just enough
        ("cat " * 75, "", [75, 0]),
        ("cat " * 60 + ", " + "cat " * 13, "", [73, 0]),  # not full: no comma is looked for
        ("cat " * 60 + ", " + "cat " * 14, "", [60, 14]),  # full: the phrase moves as a whole
        ("cat " * 60 + ", ", " cat" * 12, [60, 12]),  # and takes its vectors with it
    ],
)
def test_vectors_are_never_torn(own: Tokenizer, before: str, after: str, counts: list[int]) -> None:
    word = tuple(own.ids("fox"))
    rows = own.rows(parse(f"{before}fox{after}"), embeddings={word: 3})
    assert [row.ids.count(2368) for row in rows] == counts
    (insert,) = rows[-1].inserts
    assert rows[-1].ids[insert.place : insert.place + 3] == (0, 0, 0)
    assert sum(len(row.inserts) for row in rows) == 1


def test_spans_are_tokenized_by_themselves(own: Tokenizer) -> None:
    (row,) = own.rows([Span("foot", 1.0), Span("ball", 2.0)], 6)
    assert row.ids == (START, *own.ids("foot"), *own.ids("ball"), END, END, END)


def test_a_long_text_fills_row_after_row(own: Tokenizer) -> None:
    rows = own.rows([Span("cat " * 160, 1.0)])
    assert [len(row.ids) for row in rows] == [77] * 3
    assert [row.ids.count(2368) for row in rows] == [75, 75, 10]
    assert all(row.ids[0] == START and row.ids[-1] == END for row in rows)


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        (60, 20, [60, 20]),  # a comma 15 tokens before the end: the phrase behind it moves on
        (55, 25, [55, 25]),  # the farthest comma that counts, 20 tokens before the end
        (54, 25, [74, 5]),  # too far: the row is filled
        (74, 5, [74, 5]),  # the comma is the last token that fits
        (75, 5, [75, 5]),  # the comma itself has to move on
    ],
)
def test_a_full_row_ends_behind_a_near_comma(
    own: Tokenizer, before: int, after: int, counts: list[int]
) -> None:
    rows = own.rows([Span("cat " * before + "," + " cat" * after, 1.0)])
    assert [row.ids.count(2368) for row in rows] == counts


def test_a_small_context_keeps_the_proportion(own: Tokenizer) -> None:
    rows = own.rows([Span("cat " * 12 + "," + " cat" * 6, 1.0)], 17)
    assert [row.ids.count(2368) for row in rows] == [12, 6]  # 15 tokens of room: the last 4 count


@given(st.lists(st.sampled_from(["cat", ",", "a red dog", "😀"]), max_size=60), st.integers(3, 20))
@settings(max_examples=60, deadline=None)
def test_no_token_is_lost_at_a_cut(own: Tokenizer, words: list[str], context_length: int) -> None:
    spans = [Span(word, 0.5 + index) for index, word in enumerate(words)]
    rows = own.rows(spans, context_length)

    pairs = [pair for row in rows for pair in zip(row.ids, row.weights, strict=True)]
    tokens = [pair for pair in pairs if pair[0] < START]
    assert tokens == [(id, span.weight) for span in spans for id in own.ids(span.text)]
    assert all(len(row.ids) == len(row.weights) == context_length for row in rows)
