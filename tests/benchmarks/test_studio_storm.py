"""What the studio promises when all goes wrong at once, in small; the script has it in large."""

import os
from pathlib import Path

import pytest

from benchmarks import studio_storm
from underpaint.families import tiny
from underpaint.weights import checkpoint

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")


def check_storm(figures: studio_storm.Figures, jobs: int) -> None:
    assert figures["jobs"] == jobs
    for nothing in ("lost", "twice", "stuck", "undone although given up", "wrong pictures"):
        assert figures[nothing] == 0, figures
    assert figures["files"] == figures["pictures"]


def check_kills(figures: studio_storm.Figures) -> None:
    assert figures["jobs that were promised"] != 0
    assert figures["done"] == figures["jobs that were promised"], figures
    for nothing in ("lost", "without all their pictures", "pictures twice", "damaged files"):
        assert figures[nothing] == 0, figures
    assert figures["database"] == "ok"


def test_in_a_storm_no_job_is_lost_and_none_done_twice(tmp_path: Path) -> None:
    check_storm(studio_storm.storm(tmp_path, jobs=60, kills=3), 60)


@pytest.mark.slow
def test_in_a_great_storm_neither(tmp_path: Path) -> None:
    check_storm(studio_storm.storm(tmp_path, jobs=500, kills=3), 500)


def test_a_kill_of_all_loses_no_promise(tmp_path: Path) -> None:
    check_kills(studio_storm.kills(tmp_path, times=3))


@pytest.mark.slow
def test_ten_kills_of_all_lose_none_either(tmp_path: Path) -> None:
    check_kills(studio_storm.kills(tmp_path, times=10))


def test_a_job_that_is_given_up_is_soon_out_of_the_way(tmp_path: Path) -> None:
    figures = studio_storm.cancels(tmp_path, times=5)
    assert float(str(figures["median, s"])) < 2


def test_a_studio_starts_without_torch_and_stops(tmp_path: Path) -> None:
    figures = studio_storm.starts(tmp_path, times=1)
    assert float(str(figures["down, slowest, s"])) < 30


def test_the_same_request_gives_the_same_bits_in_any_company(tmp_path: Path) -> None:
    assert studio_storm.bits(tmp_path) == {"pictures": 4, "with more than one look": 0}


def test_who_comes_when_it_is_full_is_refused(tmp_path: Path) -> None:
    figures = studio_storm.overflow(tmp_path, jobs=30, waiting=20)
    assert (figures["taken"], figures["refused"]) == (20, 10)


@pytest.mark.slow
def test_the_worker_does_not_grow(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    weights = tiny.weights()
    for name in ("one", "two"):
        checkpoint.save(models / f"{name}.safetensors", weights.tensors, weights.metadata)
    figures = studio_storm.memory(tmp_path / "out", pictures=100, swaps=20, models=[models])
    assert float(str(figures["MB a picture"])) <= 0.05
    assert float(str(figures["MB a swap"])) <= 2
