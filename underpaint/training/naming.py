"""Names of things inside a sentence: "an apple", "three apples", and what can be counted at all."""

__all__ = ["article", "countable", "plural"]

_IRREGULAR = {
    "fish": "fish",
    "blowfish": "blowfish",
    "jellyfish": "jellyfish",
    "sheep": "sheep",
    "ewe": "ewes",
    "deer": "deer",
    "moose": "moose",
    "bison": "bison",
    "mouse": "mice",
    "goose": "geese",
    "ox": "oxen",
    "leaf": "leaves",
    "wolf": "wolves",
    "loaf": "loaves",
    "knife": "knives",
    "foot": "feet",
    "tooth": "teeth",
    "man": "men",
    "woman": "women",
    "person": "people",
    "child": "children",
    "potato": "potatoes",
    "tomato": "tomatoes",
    "mango": "mangoes",
    "cactus": "cacti",
}
_MASS = {"rice", "bread", "fog", "wind", "fire", "honey", "milk", "bacon", "garlic", "money", "hay"}
_SILENT = ("hour", "honest")
_LIKE_YOU = ("uni", "euro", "use", "ufo", "eucal", "ewe")


def article(name: str) -> str:
    """Return "a" or "an", as a name is spoken."""
    lower = name.lower()
    if lower.startswith(_SILENT):
        return "an"
    return "an" if lower[:1] in "aeiou" and not lower.startswith(_LIKE_YOU) else "a"


def countable(name: str) -> bool:
    """Return whether there can be two: a noun of one or two plain words that is not a mass."""
    words = name.split()
    plain = all(word.isalpha() or "-" in word for word in words) and 1 <= len(words) <= 2
    last = words[-1] if words else ""
    already = last.endswith("s") and not last.endswith(("ss", "us"))
    return plain and last not in _MASS and not already and not last.endswith("ing")


def plural(name: str) -> str:
    """Return the name of several: "red apples" of "red apple".

    Args:
        name: a `countable` one.
    """
    before, _, last = name.rpartition(" ")
    return f"{before} {_plural(last)}".strip()


def _plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"
