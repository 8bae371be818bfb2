"""The recipe of the first stage of the model that is shipped."""

import torch

from underpaint.networks.vae import Autoencoder
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import architecture
from underpaint.training.recipes import mini, mini_autoencoder


def test_it_learns_from_the_data_of_mini() -> None:
    request = mini_autoencoder.request()
    assert TrainRequest.from_json(request.to_json()) == request
    assert request.data == mini.request().data
    assert request.size == mini.request().size


def test_its_latents_are_sixteen_times_smaller_with_eight_channels() -> None:
    vae = architecture(mini_autoencoder.request(), channels=3)["vae"]
    assert isinstance(vae, Autoencoder)
    mean, _ = vae.encode(torch.zeros(1, 3, 64, 64))
    assert mean.shape == (1, 8, 4, 4)
    assert vae.decode(mean).shape == (1, 3, 64, 64)
