"""The styles of a studio: prompts kept under a name, in a file that AUTOMATIC1111 knows too."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from underpaint.prompt import styles
from underpaint.prompt.styles import Style
from underpaint.requests.image import ImageRequest

__all__ = ["Style", "Styles"]


class Styles:
    """Styles in a file, which is looked at anew each time: others may write it too."""

    def __init__(self, path: Path) -> None:
        """Begin; nothing is read.

        Args:
            path: the file, which need not be there.
        """
        self._path = path
        self._writing = threading.Lock()

    def all(self) -> tuple[Style, ...]:
        """Return all styles, in the order of the file.

        Raises:
            StorageError: the file cannot be read, or is no table of styles.
        """
        return tuple(styles.read(self._path).values())

    def on(self, request: ImageRequest, names: Sequence[str]) -> ImageRequest:
        """Return a request with styles on its prompts, one after the other.

        Those of the second pass get them too, where it has prompts of its own.

        Args:
            request: without them.
            names: of the styles; without any the file is not read.

        Raises:
            UnknownEntryError: there is no such style; lists those there are.
            StorageError: the file cannot be read, or is no table of styles.
            RequestError: a prompt becomes too long.
        """
        if not names:
            return request
        chosen = styles.named(styles.read(self._path), names)
        prompt, negative = styles.styled(request.prompt, request.negative, chosen)
        again, away = styles.styled(request.hires_prompt, request.hires_negative, chosen)
        return replace(
            request,
            prompt=prompt,
            negative=negative,
            hires_prompt=again if request.hires_prompt else "",
            hires_negative=away if request.hires_negative else "",
        )

    def keep(self, style: Style) -> Style:
        """Keep a style, in the place of one of its name; returns it.

        Raises:
            RequestError: its name or a prompt is not allowed.
            StorageError: the file cannot be read or written.
        """
        with self._writing:
            styles.keep(self._path, style)
        return style

    def drop(self, name: str) -> None:
        """Take a style out.

        Raises:
            UnknownEntryError: there is no such style; lists those there are.
            StorageError: the file cannot be read or written.
        """
        with self._writing:
            styles.drop(self._path, name)
