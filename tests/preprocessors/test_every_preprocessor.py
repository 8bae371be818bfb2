"""What holds for every preprocessor, by existing."""

import subprocess
import sys

import numpy
import pytest

from underpaint import catalog
from underpaint.media import Image
from underpaint.preprocessors._making import made
from underpaint.requests._preprocessors import PREPROCESSORS, preprocessors, settings


def drawn(mode_channels: int = 3, height: int = 20, width: int = 33) -> Image:
    shape = (height, width, mode_channels) if mode_channels > 1 else (height, width)
    return Image.of(numpy.random.default_rng(0).integers(0, 256, shape, dtype=numpy.uint8))


@pytest.mark.parametrize("preprocessor", preprocessors())
def test_the_picture_is_as_large_and_the_same_each_time(preprocessor: str) -> None:
    for channels in (1, 3, 4):
        found = made(drawn(channels), preprocessor)
        assert (found.mode, found.width, found.height) == ("RGB", 33, 20)
        assert found == made(drawn(channels), preprocessor)


@pytest.mark.parametrize("preprocessor", preprocessors())
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
def test_the_smallest_pictures_are_pictures(preprocessor: str, size: tuple[int, int]) -> None:
    found = made(drawn(3, *size), preprocessor)
    assert (found.height, found.width) == size


@pytest.mark.parametrize("preprocessor", preprocessors())
def test_settings_are_at_most_two_and_their_usual_values_are_allowed(preprocessor: str) -> None:
    known = settings(preprocessor)
    assert len(known) <= 2
    for setting in known:
        assert setting.label
        assert setting.least <= setting.usual <= setting.most
    for bound in ("least", "most"):
        made(drawn(), preprocessor, *(getattr(setting, bound) for setting in known))


@pytest.mark.parametrize("preprocessor", preprocessors())
def test_every_one_has_a_label_of_its_own(preprocessor: str) -> None:
    labels = [catalog.constants(PREPROCESSORS, each)["LABEL"] for each in preprocessors()]
    assert labels.count(catalog.constants(PREPROCESSORS, preprocessor)["LABEL"]) == 1


def test_none_needs_torch() -> None:
    modules = ", ".join(f"{PREPROCESSORS}.{id}" for id in preprocessors())
    words = f"import sys, {modules}, {PREPROCESSORS}._making; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
