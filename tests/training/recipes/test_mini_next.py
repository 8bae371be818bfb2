"""The recipe of the next mini: its data, from packages to files."""

from pathlib import Path

import pytest

from tests.training._things import packed
from tests.training.recipes._sets import unpacked
from underpaint import catalog
from underpaint.training.compositions import Compositions
from underpaint.training.cutouts import load
from underpaint.training.recipes import _next, _styles, mini_next
from underpaint.training.recipes._styles import things


def test_it_is_a_recipe_of_three_stages() -> None:
    ids = catalog.ids("underpaint.training.recipes")
    assert {"mini", "mini_next", "mini_next_autoencoder", "mini_next_four_steps"} <= set(ids)
    assert mini_next.request() == _next.denoiser()


def test_what_is_held_out_goes_to_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_styles, "TONES", 1)
    monkeypatch.setattr(_styles, "held_out", lambda: frozenset({"1f44b", "flat icon/1f34c"}))
    found = things(unpacked(tmp_path / "packages"))
    said = list(mini_next.cut_out(tmp_path / "packages", tmp_path, found))
    assert said

    learnt, held = (load(tmp_path / f"{name}.safetensors", 32) for name in ("cutouts", "held_out"))
    assert learnt.things == held.things == tuple(found)
    shown = {(learnt.things[mark.thing].name, mark.style) for mark in learnt.marks}
    kept = {(held.things[mark.thing].name, mark.style) for mark in held.marks}
    assert ("banana", "3d render") in shown
    assert ("banana", "flat icon") in kept
    assert not any("waving hand" in name for name, _ in shown)
    assert ("waving hand", "noto style") in kept
    assert Compositions(learnt, count=3, size=32, seed=0).captions


def test_there_is_more_to_read_than_captions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mini_next, "READ", 200)
    often, translated = mini_next.texts(packed(tmp_path / "cutouts.safetensors"))
    assert often["banana"] >= 1
    assert often["tag"] == 1
    assert "" in often
    assert translated["anderswo"] == "knife"
    captions = [text for text, weight in often.items() if weight == 3]
    assert list(often)[: len(captions)] == captions
