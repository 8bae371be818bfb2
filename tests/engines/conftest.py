"""A small model in a file."""

from pathlib import Path

import pytest

from underpaint.families import tiny
from underpaint.weights import checkpoint


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return a folder with the models "one" and "two" in it."""
    weights = tiny.weights()
    for name in ("one", "two"):
        checkpoint.save(tmp_path / f"{name}.safetensors", weights.tensors, weights.metadata)
    return tmp_path
