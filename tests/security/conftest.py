"""The server of `tests/faces`, to be attacked."""

from tests.faces.conftest import page, script, sketch, sketch64, studio

__all__ = ["page", "script", "sketch", "sketch64", "studio"]
