"""How the studio is set up: by the environment, by a file, or by who makes it.

This is the only place that reads the environment: UNDERPAINT_OUTPUTS, UNDERPAINT_MODELS (as JSON),
and so on, one variable a field, which go before the lines of `underpaint.toml` in the folder that
the program is started in.
"""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Interval
from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from underpaint.errors import RequestError
from underpaint.studio._database import Database

__all__ = ["Preferences", "Settings"]

FILE = "underpaint.toml"
MAX_PREFERENCES = 2**20


class Settings(BaseSettings):
    """What holds from the start of a studio to its end."""

    model_config = SettingsConfigDict(
        env_prefix="UNDERPAINT_",
        toml_file=FILE,
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    outputs: Path = Path("outputs")
    """Where pictures are kept, and in its folder .studio all else."""

    models: tuple[Path, ...] = (Path("models"),)
    """Where models are looked for, besides the package; the first goes first."""

    styles: Path = Path("styles.csv")
    """Where styles are kept, as A1111 writes them."""

    engine: str = "inline"
    """What paints, inside the worker process: inline, or stub for tests."""

    device: str = "auto"
    """Where to compute: auto, cpu, cuda or openvino."""

    dtype: str = "auto"
    """Numbers to compute with: auto, float32, bfloat16 or float16."""

    threads: Annotated[int, Interval(ge=1, le=1024)] | None = None
    """Threads to compute with; none = one a core."""

    memory: Annotated[float, Interval(ge=0)] | None = None
    """GiB that loaded models may take together; none = half of what the machine has."""

    waiting: Annotated[int, Interval(ge=1, le=100_000)] = 1_000
    """Most jobs that may wait."""

    waiting_a_client: Annotated[int, Interval(ge=1, le=100_000)] = 200
    """Most jobs of one client that may wait."""

    patience: Annotated[float, Interval(ge=0.1)] = 60.0
    """Seconds without a word, or twenty steps if that is longer, after which a worker that paints
    is taken to hang."""

    first_patience: Annotated[float, Interval(ge=0.1)] = 600.0
    """The same before the first step, when a model may have to be loaded."""

    grace: Annotated[float, Interval(ge=0.1)] = 10.0
    """Seconds that a worker is given to stop by itself before it is ended."""

    drain: Annotated[float, Interval(ge=0)] = 8.0
    """Seconds that the job that runs is given when the studio stops; it runs again at the start."""

    kept_deleted: Annotated[float, Interval(ge=0)] = 30.0
    """Days after which a deleted picture is gone for good."""

    def __init__(self, **values: Any) -> None:
        """Take what is given, and all else from the environment and the file.

        Raises:
            RequestError: a value is not allowed.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(part) for part in first["loc"])
            words = first["msg"].removeprefix("Input ")
            raise RequestError(f"{name} is {first['input']!r}; it {words}") from error

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917  as pydantic calls it
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where values come from, the first goes first."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


class Preferences:
    """What people change while the studio runs; which names there are is for faces to say."""

    def __init__(self, database: Database) -> None:
        """Keep them in a database."""
        self._database = database

    def all(self) -> dict[str, Any]:
        """Return all that were ever changed, by name."""
        rows = self._database.rows("SELECT name, value FROM preferences ORDER BY name")
        return {row["name"]: json.loads(row["value"]) for row in rows}

    def change(self, values: Mapping[str, Any]) -> None:
        """Change some, all at once.

        Args:
            values: by name; what JSON can say.

        Raises:
            RequestError: a value is not JSON, or too long.
        """
        with self._database.change() as tables:
            for name, value in values.items():
                _set(tables, name, value)


def _set(tables: sqlite3.Connection, name: str, value: object) -> None:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise RequestError(f"{name} cannot be kept: {error}") from error
    if len(name) + len(text) > MAX_PREFERENCES:
        raise RequestError(
            f"{name[:60]} has {len(text)} letters; at most {MAX_PREFERENCES} are kept"
        )
    tables.execute("INSERT OR REPLACE INTO preferences VALUES (?, ?)", (name, text))
