"""The script that measures the page, in small: that it measures, not how quick anything is."""

import pytest

from benchmarks import page_speed
from tests.faces.web.conftest import CHROMIUM

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium")]


def test_every_figure_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("playwright.sync_api")
    page_speed.main(["--loads", "1", "--moves", "20"])
    lines = capsys.readouterr().out.splitlines()
    figures = {line[:30].strip(): float(line[30:]) for line in lines}
    assert len(figures) == 7
    assert figures["interactive, median ms"] == figures["interactive, worst ms"] > 0
    assert 20 < figures["transferred, KB"] <= 120
    assert figures["frames"] > 1
    assert 0 < figures["a frame's work, median ms"] <= figures["a frame's work, worst ms"]
