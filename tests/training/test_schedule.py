"""The learning rate rises in a line, then falls like half a cosine."""

import pytest

from underpaint.training.schedule import learning_rate


def test_warm_up_is_a_line_to_the_peak() -> None:
    rates = [learning_rate(step, peak=2.0, warmup=4, steps=100) for step in range(5)]
    assert rates == [0.5, 1.0, 1.5, 2.0, 2.0]


def test_cosine_ends_at_nothing() -> None:
    assert learning_rate(52, peak=1.0, warmup=4, steps=100) == pytest.approx(0.5)
    assert learning_rate(99, peak=1.0, warmup=4, steps=100) < 1e-3
    assert learning_rate(500, peak=1.0, warmup=4, steps=100) == 0


def test_it_never_rises_again() -> None:
    rates = [learning_rate(step, peak=1.0, warmup=0, steps=50) for step in range(50)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1


def test_a_run_all_of_warm_up_never_divides_by_zero() -> None:
    assert learning_rate(9, peak=1.0, warmup=10, steps=10) == 1
    assert learning_rate(10, peak=1.0, warmup=10, steps=10) == 1
