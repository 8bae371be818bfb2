"""Which autoencoder a model paints with: its own, one beside it, or one in a file of any name."""

from collections.abc import Mapping

from underpaint.errors import RequestError

AUTOMATIC, OWN = "automatic", "own"

# Our ids and AUTOMATIC1111's labels; any other name is a file's.
AUTOENCODERS: Mapping[str, str] = {AUTOMATIC: "Automatic", OWN: "None"}
_IDS: Mapping[str, str] = {
    **{known.casefold(): id for id, label in AUTOENCODERS.items() for known in (id, label)},
    "default (model)": OWN,  # Fooocus
}


def autoencoder_id(name: str) -> str:
    """Return the id of an autoencoder that needs no name, given its id or label in any letter case.

    Any other name is a file's and stays as it is.

    Raises:
        RequestError: it is no name at all.
    """
    if not name.strip():
        raise RequestError(f"vae is {name!r}; it must be automatic, own or the name of a file")
    return _IDS.get(name.casefold(), name)


def files(vae: str) -> list[tuple[str, str]]:
    """Return the kind and the name of the file that an autoencoder is in, if it has one to find.

    Args:
        vae: an id, or a file's name.
    """
    return [] if vae in AUTOENCODERS else [("vaes", vae)]
