"""The benchmark of a real-size model, tried out on a small one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks import sd15

SIDE = 64


@pytest.fixture
def threads() -> Iterator[None]:
    """Give the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sd15")
    sd15._make(folder, shrunken=True)
    return folder


@pytest.mark.usefixtures("threads")
def test_a_program_measures_itself(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {name: sd15._run(name, model, SIDE) for name in ("torch-float32", "torch-bfloat16")}
    for row in rows.values():
        assert row["calls"] == 15
        parts = row["text"] + row["encoder"] + row["decoder"] + row["calls"] * row["unet"]
        assert 0 < parts <= row["whole"]
        assert row["start"] > 0 and row["peak"] > 0.1
    sd15._print(rows, model)
    heads, first, second = capsys.readouterr().out.splitlines()
    assert heads.split()[-2:] == ["faster", "apart"]
    assert first.split()[0] == "torch-float32" and first.split()[-2:] == ["1.00x", "0.0%"]
    assert 0 < float(second.split()[-1].rstrip("%")) < 10


@pytest.mark.slow
@pytest.mark.usefixtures("threads")
@pytest.mark.filterwarnings("ignore")
def test_diffusers_paints_the_same_picture(model: Path) -> None:
    for program in ("diffusers", "torch-float32"):
        assert sd15._run(program, model, SIDE)["calls"] == 15
    one, other = (torch.load(model / f"{name}.pt") for name in ("diffusers", "torch-float32"))
    assert (one - other).norm() < 1e-3 * one.norm()


def test_the_model_is_that_of_the_published_file() -> None:
    with torch.device("meta"):
        tensors = dict(sd15._tensors(shrunken=False))
    assert 1.06e9 < sum(tensor.numel() for tensor in tensors.values()) < 1.07e9
    assert len(tensors) == 686 + 248 + 196


def test_the_sketch_is_a_disc_on_white() -> None:
    sketch = sd15._sketch(SIDE)
    assert sketch.shape == (SIDE, SIDE, 3) and sketch.dtype == torch.uint8
    assert sketch[0, 0].tolist() == [255, 255, 255]
    assert sketch[SIDE // 2, SIDE // 2].tolist() == [240, 210, 60]
