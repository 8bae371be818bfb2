"""How long and how deep a prompt may be, so that reading one takes a moment at most."""

from underpaint.errors import RequestError

MAX_BYTES = 16 * 2**10
MAX_DEPTH = 64


def bounded(text: str) -> str:
    """Return `text` as it is.

    Raises:
        RequestError: it is longer than 16 KiB in UTF-8.
    """
    size = len(text.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise RequestError(f"the prompt is {size} bytes long; it must be at most {MAX_BYTES}")
    return text


def shallow(opened: int) -> None:
    """Let one more bracket be opened.

    Args:
        opened: brackets that are open already.

    Raises:
        RequestError: there are 64 of them.
    """
    if opened >= MAX_DEPTH:
        raise RequestError(f"the prompt has more than {MAX_DEPTH} brackets open at once")
