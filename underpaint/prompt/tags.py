"""Tags in a prompt, which say what to paint with and are no words: "<lora:watercolour:0.8>".

    <lora:name>           at full weight
    <lora:name:0.8>       at 0.8
    <lora:name:0.5:0.8>   at 0.5 in the text encoder and 0.8 in the U-Net
    <lora:name:te=0.5:unet=0.8>   the same
    <hypernet:name:0.8>

"lyco" is another word for "lora". Tags count wherever they stand, for the whole picture.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.prompt._limits import bounded

MAX_TAGS = 32

KINDS: Mapping[str, str] = {"hypernet": "hypernet", "lora": "lora", "lyco": "lora"}
"""The kinds of tags, by the words for them."""

_TAG = re.compile(r"<(\w++):([^<>]++)>")
_WEIGHT = re.compile(r"\s*([+-]?(?:\d{1,4}(?:\.\d{0,16})?|\.\d{1,16}))\s*")


class Tag(NamedTuple):
    """Something to paint with.

    Attributes:
        kind: what it is: "lora", "hypernet".
        name: which one.
        arguments: what follows the name, as written, between colons.
    """

    kind: str
    name: str
    arguments: tuple[str, ...] = ()

    def weights(self) -> tuple[float, float]:
        """Return how much of it goes into the text encoder and into the U-Net; 1 is usual.

        Raises:
            RequestError: an argument is no such weight.
        """
        named = dict(item.split("=", 1) for item in self.arguments if "=" in item)
        plain = [item for item in self.arguments if "=" not in item]
        text = self._weight(named.get("te", plain[0] if plain else "1"))
        unet = named.get("unet", plain[1] if len(plain) > 1 else None)
        return text, text if unet is None else self._weight(unet)

    def _weight(self, text: str) -> float:
        number = _WEIGHT.fullmatch(text)
        if number is None:
            raise RequestError(
                f"the weight of <{self.kind}:{self.name}> is {text!r}; it must be a number like 0.8"
            )
        return float(number[1])


def taken(text: str) -> tuple[str, tuple[Tag, ...]]:
    """Return a prompt without its tags, and the tags in order.

    Raises:
        UnknownEntryError: a tag of a kind that there is not; lists those there are.
        RequestError: more than 16 KiB, more than 32 tags, or a tag without a name.
    """
    tags = tuple(_tag(found) for found in _TAG.finditer(bounded(text)))
    if len(tags) > MAX_TAGS:
        raise RequestError(f"the prompt has {len(tags)} tags; it may have at most {MAX_TAGS}")
    return _TAG.sub("", text), tags


def _tag(found: re.Match[str]) -> Tag:
    kind = found[1].lower()
    if kind not in KINDS:
        raise UnknownEntryError("kinds of tags", found[1], tuple(KINDS))
    name, *arguments = found[2].split(":")
    if not name.strip():
        raise RequestError(f"{found[0]!r} has no name; it must be like <{kind}:name:0.8>")
    return Tag(KINDS[kind], name.strip(), tuple(arguments))
