"""A stage of the next mini."""

from dataclasses import replace

from underpaint.training.recipes import _next, mini_next, mini_next_autoencoder


def test_it_is_one_of_three_that_share_data_and_settings() -> None:
    request = mini_next_autoencoder.request()
    assert request.recipe == "mini_next_autoencoder"
    assert request.data == mini_next.request().data
    assert mini_next_autoencoder.prepare is mini_next.prepare
    assert replace(request, **mini_next_autoencoder.GPU).steps == _next.GPU["autoencoder"]["steps"]
