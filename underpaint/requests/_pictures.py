"""What all requests that come to pictures have in common, whatever each is asked with."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol, Self


class PictureRequest(Protocol):
    """A request that engines carry out, and whose pictures the studio keeps: a frozen value."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def model(self) -> str:
        """The diffusion model that it takes, by name; "" = none."""
        ...

    @property
    def batch(self) -> int:
        """How many pictures it comes to, 1 or more."""
        ...

    @property
    def stem(self) -> str:
        """What the names of its pictures' files say of it: letters and digits."""
        ...

    def needs(self) -> Iterator[tuple[str, str]]:
        """Yield the kind and the name of each file that it is to be carried out with.

        Those that a prompt names are not among them; kinds are those of the shelf.
        """
        ...

    def resolved(self, draw: Callable[[], int]) -> Self:
        """Return the request with all that is left to chance drawn.

        Args:
            draw: gives a fresh random whole number at each call, of any size.

        Raises:
            RequestError: something is missing without which it cannot be carried out.
        """
        ...

    def alone(self, index: int) -> "PictureRequest":
        """Return the request for picture `index` of a resolved batch by itself.

        Args:
            index: which picture, 0..batch - 1.
        """
        ...

    def to_json(self) -> str:
        """Return the request as one line of JSON, pictures as PNG in base64."""
        ...
