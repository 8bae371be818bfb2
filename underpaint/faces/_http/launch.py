"""`underpaint studio`: the server with its studio, from the options of the command line."""

import signal
import sys
import webbrowser
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from underpaint.faces._http import serving
from underpaint.faces._http.guard import Door
from underpaint.faces._http.server import server
from underpaint.studio.app import Settings, Studio

__all__ = ["launch", "settings"]

_FLAGS = ("listen", "port", "server_name", "cors_allow_origins", "autolaunch", "api_server_stop")


def launch(values: Mapping[str, Any]) -> int:
    """Serve until told to end; returns the exit code.

    Args:
        values: of the options by name, None for those not given.

    Raises:
        RequestError: an option is not allowed, or the port is taken.
        StorageError: the folder of pictures cannot be used, or another studio has it.
    """
    standing = serving.place(values)
    kept = settings(values)
    bound = serving.sockets(standing)
    door = serving.door(standing, bound[0].getsockname()[1])
    try:
        with Studio(kept) as studio:
            stop = partial(signal.raise_signal, signal.SIGINT)
            app = server(
                studio,
                door,
                flags={"api": True} | {name: values.get(name) for name in _FLAGS},
                stop=stop if values.get("api_server_stop") else None,
            )
            begun = partial(_tell, door, bool(values.get("autolaunch")))
            serving.run(app, standing, bound, begun)
    finally:
        for each in bound:
            each.close()
    return 0


def settings(values: Mapping[str, Any]) -> Settings:
    """Return how the studio is set up; what no option says comes from its own settings.

    Args:
        values: of the options by name, None for those not given.

    Raises:
        RequestError: an option is not allowed.
    """
    given: dict[str, Any] = {
        "outputs": Path(values["out"]) if values.get("out") else None,
        "models": tuple(map(Path, values["models"])) if values.get("models") else None,
        "styles": Path(values["styles"]) if values.get("styles") else None,
        "device": values.get("device"),
        "dtype": values.get("dtype"),
        "threads": values.get("threads"),
    }
    return Settings(**{name: value for name, value in given.items() if value is not None})


def address(door: Door) -> str:
    """Return what to open in a browser: with the token in it, unless a password is asked for."""
    base = f"{door.scheme}://127.0.0.1:{door.port}/"
    return base if door.accounts else f"{base}?t={door.token}"


def _tell(door: Door, open_it: bool) -> None:
    sys.stdout.write(f"The studio is ready: {address(door)}\n")
    sys.stdout.write(f"A1111's clients take {door.scheme}://127.0.0.1:{door.port}\n")
    sys.stdout.flush()
    if open_it:
        webbrowser.open(address(door))
