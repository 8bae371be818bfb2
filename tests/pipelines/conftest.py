"""The tiny family, built once."""

import pytest

from underpaint.families import tiny
from underpaint.families._model import Model


@pytest.fixture(scope="session")
def model() -> Model:
    """Return a whole Stable Diffusion with random weights."""
    return tiny.build(tiny.weights())
