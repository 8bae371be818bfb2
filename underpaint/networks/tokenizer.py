"""CLIP's tokenizer: from words to rows of token ids that its text encoder reads.

Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909) of lower-case UTF-8, with the merges of
Radford et al. 2021, arXiv:2103.00020. A text longer than the encoder's context becomes several
rows, cut as AUTOMATIC1111 cuts it, so that its prompts mean here what they mean there.
"""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
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

_Token: TypeAlias = tuple[int, float]


class Row(NamedTuple):
    """One context of tokens, as the text encoder takes it.

    Attributes:
        ids: start token, the text's tokens, end tokens; `context_length` of them.
        weights: how many times the usual attention each gets; 1 for start and end tokens.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]


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

    def rows(self, spans: Iterable[Span], context_length: int = 77) -> tuple[Row, ...]:
        """Return the tokens of a weighted text, cut into the encoder's contexts.

        A full row is cut behind its last comma if that stands in the last 4/15 of the row (20 of
        75 tokens), so that a phrase is not torn; else where it is full.

        Args:
            spans: what `underpaint.prompt.emphasis.parse` returns; each is tokenized by itself.
            context_length: tokens in a row, start and end token among them, at least 3.

        Returns:
            At least one row: that of the empty text for no tokens.
        """
        tokens = [(id, span.weight) for span in spans for id in self.ids(span.text)]
        room = context_length - 2
        return tuple(_row(piece, room) for piece in _cut(tokens, room))


def vocabulary() -> list[str]:
    """Return what each token stands for, by id: plain text, without a mark for the end of a word.

    Tokens that hold a part of a character read as U+FFFD.
    """
    byte = {letter: code for code, letter in _byte_letters()}
    words = [word.removesuffix("</w>") for word in _words(_merges())[:START]]
    texts = [bytes(byte[letter] for letter in word).decode(errors="replace") for word in words]
    return [*texts, *_SPECIAL]


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


def _cut(tokens: Iterable[_Token], room: int) -> Iterator[list[_Token]]:
    """Yield the tokens in pieces of at most `room`; one empty piece for none."""
    piece: list[_Token] = []
    for token in tokens:
        if len(piece) == room:
            end = room if token[0] == COMMA else _last_phrase(piece)
            yield piece[:end]
            piece = piece[end:]
        piece.append(token)
    yield piece


def _last_phrase(piece: Sequence[_Token]) -> int:
    """Return where the text behind the last comma begins, or the end if that comma is far."""
    room = len(piece)
    for place in range(room - 1, room - 1 - 4 * room // 15, -1):
        if piece[place][0] == COMMA:
            return place + 1
    return room


def _row(piece: Sequence[_Token], room: int) -> Row:
    padding = 1 + room - len(piece)
    ids = (START, *(id for id, _ in piece), *[END] * padding)
    return Row(ids, (1.0, *(weight for _, weight in piece), *[1.0] * padding))
