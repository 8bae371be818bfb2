"""Order and chance depend on seed and step alone."""

import torch

from underpaint.training.order import generator, indices


def test_each_epoch_shows_everything_once_in_an_order_of_its_own() -> None:
    first = indices(1, 10, start=0, batch=10)
    second = indices(1, 10, start=10, batch=10)
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(10))
    assert first.tolist() != second.tolist()


def test_batches_are_windows_of_one_endless_order() -> None:
    whole = indices(1, 7, start=0, batch=30)
    parts = [indices(1, 7, start=start, batch=5) for start in range(0, 30, 5)]
    assert torch.equal(whole, torch.cat(parts))


def test_a_batch_may_be_larger_than_the_data() -> None:
    assert sorted(indices(0, 2, start=0, batch=6).tolist()) == [0, 0, 0, 1, 1, 1]


def test_seeds_purposes_and_numbers_draw_apart() -> None:
    keys = [(0, "batch", 1), (1, "batch", 1), (0, "epoch", 1), (0, "batch", 2)]
    drawn = [torch.rand(4, generator=generator(*key)).tolist() for key in keys]
    assert len({tuple(numbers) for numbers in drawn}) == len(keys)
    again = [torch.rand(4, generator=generator(*key)).tolist() for key in keys]
    assert drawn == again
