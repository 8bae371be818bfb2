"""The figures of mini's quality, on pictures whose figures are known."""

import pytest
import torch
from PIL import Image

from benchmarks.mini_figures import (
    colour_error,
    doodle,
    kernel_distance,
    nearest,
    noise_ratio,
    obeyed_backgrounds,
    obeyed_colours,
    obeyed_styles,
)
from underpaint.training.colours import PAINTS


def picture(thing: str, background: str = "white") -> Image.Image:
    """A square of a colour on another."""
    paper = Image.new("RGB", (64, 64), PAINTS[background])
    paper.paste(PAINTS[thing], (16, 16, 48, 48))
    return paper


def test_the_nearest_kind_counts_whichever_of_its_pictures_is_near() -> None:
    likeness = torch.tensor([[0.1, 0.2, 0.9, 0.0], [0.5, 0.4, 0.3, 0.2]])
    kinds = torch.tensor([0, 1, 0, 2])
    assert nearest(likeness, kinds, torch.tensor([0, 1])) == (0.5, 1.0)


def test_five_kinds_are_near_and_a_sixth_is_not() -> None:
    likeness = torch.arange(8.0).flip(0)[None]
    kinds = torch.arange(8)
    assert nearest(likeness, kinds, torch.tensor([4])) == (0.0, 1.0)
    assert nearest(likeness, kinds, torch.tensor([5])) == (0.0, 0.0)


def test_a_style_is_looked_for_among_the_things_own_pictures() -> None:
    kinds, styles = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    likeness = torch.tensor([[0.2, 0.3, 0.9, 0.1], [0.0, 0.9, 0.5, 0.4]])
    wanted = torch.tensor([[0, 1], [1, 1]])
    assert obeyed_styles(likeness, kinds, styles, wanted) == 0.5


def test_colours_of_things_and_of_backgrounds_are_told_apart() -> None:
    pictures = [picture("red", "blue"), picture("green", "black"), picture("yellow")]
    assert obeyed_colours(pictures, ["red", "green", "blue"]) == pytest.approx(2 / 3)
    assert obeyed_backgrounds(pictures, ["blue", "black", "red"]) == pytest.approx(2 / 3)


def test_a_doodle_has_few_colours_and_its_pictures_layout() -> None:
    drawn = picture("red", "light blue")
    sketch = doodle(drawn)
    assert sketch.size == drawn.size
    assert colour_error(sketch, drawn) < 0.02
    assert colour_error(picture("blue", "black"), drawn) > 0.3
    assert colour_error(drawn, drawn) == 0


def test_kid_is_near_nothing_for_one_distribution_and_grows_with_distance() -> None:
    draw = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 400, 16, generator=draw)
    assert abs(kernel_distance(first, second)) < 0.02
    near, far = (kernel_distance(first, second + shift) for shift in (0.5, 1.0))
    assert 0.05 < near < far


def test_psnr_of_a_known_error() -> None:
    real = torch.zeros(2, 3, 8, 8)
    assert noise_ratio(real + 0.2, real) == pytest.approx(20.0, abs=1e-3)
    assert noise_ratio(real, real) > 100
