"""CLIP's tokenizer: from words to rows of token ids that its text encoder reads.

Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909) of lower-case UTF-8, with the merges of
Radford et al. 2021, arXiv:2103.00020. A text longer than the encoder's context becomes several
rows, cut as AUTOMATIC1111 cuts it, so that its prompts mean here what they mean there.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from tokenizers import Regex, normalizers, pre_tokenizers
from tokenizers import Tokenizer as BytePairs
from tokenizers.models import BPE

from underpaint.prompt.emphasis import Span

START = 49_406
"""Id of the token every row begins with."""
END = 49_407
"""Id of the token that ends a text and fills its row."""
COMMA = 267
"""Id of a comma."""
VOCABULARY = 49_408
"""Number of tokens."""

_SPECIAL = ("<|startoftext|>", "<|endoftext|>")
_WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)

Embeddings: TypeAlias = Mapping[tuple[int, ...], int]
"""Words that stand for vectors: the ids of their tokens, and how many vectors take their place."""


NO_EMBEDDINGS: Embeddings = MappingProxyType({})


class Insert(NamedTuple):
    """Where vectors of a person's own stand in a row, in place of its tokens.

    Attributes:
        place: of the first vector, counted from the row's start token, which is at 0.
        name: the tokens of the word that stands for them.
    """

    place: int
    name: tuple[int, ...]


class Row(NamedTuple):
    """One context of tokens, as the text encoder takes it.

    Attributes:
        ids: start token, the text's tokens, end token, padding; `context_length` of them.
        weights: how many times the usual attention each gets; 1 for start, end and padding.
        inserts: where vectors take the tokens' place, from left to right; the ids there are 0.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    inserts: tuple[Insert, ...] = ()


class _Token(NamedTuple):
    """A token on its way into a row; the first of some vectors has their name."""

    id: int
    weight: float
    name: tuple[int, ...] = ()


class Tokenizer:
    """Turns text into CLIP's token ids; made in about a tenth of a second."""

    def __init__(self) -> None:
        """Read the merges that come with the package."""
        self._pairs = _byte_pairs(_merges())

    def ids(self, text: str) -> list[int]:
        """Return the tokens of `text`, without start and end tokens.

        Args:
            text: any; letter case and kind of white space do not matter, and a lone surrogate,
                which is no character, counts as the replacement character U+FFFD. A written
                "<|endoftext|>" is that very token, as everywhere.
        """
        clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return self._pairs.encode(clean, add_special_tokens=False).ids

    def rows(
        self,
        spans: Iterable[Span],
        context_length: int = 77,
        *,
        embeddings: Embeddings = NO_EMBEDDINGS,
        padding: int = END,
    ) -> tuple[Row, ...]:
        """Return the tokens of a weighted text, cut into the encoder's contexts.

        A full row is cut behind its last comma if that stands in the last 4/15 of the row (20 of
        75 tokens), so that a phrase is not torn; else where it is full. The vectors of one word
        stay together: where they do not fit, a new row begins.

        Args:
            spans: what `underpaint.prompt.emphasis.parse` returns; each is tokenized by itself.
                One that is apart begins a row, be the one before empty.
            context_length: tokens in a row, start and end token among them, at least 3.
            embeddings: words that stand for vectors, at most `context_length` - 2 each. Wherever
                their tokens come, the longest word first, so many vectors take their place.
            padding: id of what follows the end token; 0 for the encoders of OpenCLIP.

        Returns:
            At least one row: that of the empty text for no tokens.
        """
        room = context_length - 2
        lengths = sorted({len(name) for name in embeddings}, reverse=True)
        rows: list[Row] = []
        piece: list[_Token] = []
        for span in spans:
            if span.apart:
                rows.append(_row(piece, room, padding))
                piece = []
            for word in _words_of(self.ids(span.text), span.weight, embeddings, lengths):
                full, piece = _with(piece, word, room)
                rows += [_row(tokens, room, padding) for tokens in full]
        return (*rows, _row(piece, room, padding)) if piece or not rows else tuple(rows)


def vocabulary() -> list[str]:
    """Return what each token stands for, by id: plain text, without a mark for the end of a word.

    Tokens that hold a part of a character read as U+FFFD.
    """
    byte = {letter: code for code, letter in _byte_letters()}
    words = [word.removesuffix("</w>") for word in _words(_merges())[:START]]
    texts = [bytes(byte[letter] for letter in word).decode(errors="replace") for word in words]
    return [*texts, *_SPECIAL]


def published() -> dict[str, str]:
    """Return CLIP's tables as other programs read them: the texts of two files, by name."""
    merges = _merges()
    ids = {word: id for id, word in enumerate(_words(merges))}
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges), ""]
    return {"vocab.json": json.dumps(ids, ensure_ascii=False), "merges.txt": "\n".join(lines)}


def _merges() -> list[tuple[str, str]]:
    packed = files("underpaint.networks").joinpath("clip_merges.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    return [(left, right) for left, right in map(str.split, lines)]


def _words(merges: Sequence[tuple[str, str]]) -> list[str]:
    """Return CLIP's vocabulary in order of id, each byte written as its letter."""
    letters = [letter for _, letter in _byte_letters()]
    joined = [left + right for left, right in merges]
    return [*letters, *(f"{letter}</w>" for letter in letters), *joined, *_SPECIAL]


def _byte_pairs(merges: list[tuple[str, str]]) -> BytePairs:
    ids = {word: id for id, word in enumerate(_words(merges))}
    model = BPE(ids, merges, end_of_word_suffix="</w>", unk_token=_SPECIAL[1])
    pairs = BytePairs(model)
    pairs.add_special_tokens(list(_SPECIAL))
    pairs.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    pairs.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    return pairs


def _byte_letters() -> list[tuple[int, str]]:
    """Return the 256 bytes and a visible letter for each, in the order of CLIP's vocabulary.

    The 188 visible characters of Latin-1 first; the others borrow the letters from U+0100 on.
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [code for code in range(256) if code not in visible]
    borrowed = [(code, chr(0x100 + place)) for place, code in enumerate(hidden)]
    return [*((code, chr(code)) for code in visible), *borrowed]


def _words_of(
    ids: Sequence[int], weight: float, embeddings: Embeddings, lengths: Sequence[int]
) -> Iterator[list[_Token]]:
    """Yield what has to stay together: one token, or all vectors of one word."""
    place = 0
    while place < len(ids):
        names = (tuple(ids[place : place + length]) for length in lengths)
        name = next((name for name in names if name in embeddings), ())
        rest = [_Token(0, weight)] * (embeddings[name] - 1) if name else []
        yield [_Token(0 if name else ids[place], weight, name), *rest]
        place += len(name) or 1


def _with(
    piece: list[_Token], word: list[_Token], room: int
) -> tuple[list[list[_Token]], list[_Token]]:
    """Return the pieces that are full once a word comes, and the piece that it has joined."""
    full: list[list[_Token]] = []
    if len(piece) == room:
        end = room if word[0].id == COMMA else _last_phrase(piece)
        full, piece = [piece[:end]], piece[end:]
    if len(piece) + len(word) > room:
        full, piece = [*full, piece], []
    piece += word
    return full, piece


def _last_phrase(piece: Sequence[_Token]) -> int:
    """Return where the text behind the last comma begins, or the end if that comma is far."""
    room = len(piece)
    for place in range(room - 1, room - 1 - 4 * room // 15, -1):
        if piece[place].id == COMMA:
            return place + 1
    return room


def _row(piece: Sequence[_Token], room: int, padding: int) -> Row:
    left = room - len(piece)
    return Row(
        (START, *(token.id for token in piece), END, *[padding] * left),
        (1.0, *(token.weight for token in piece), 1.0, *[1.0] * left),
        tuple(Insert(place, token.name) for place, token in enumerate(piece, 1) if token.name),
    )
