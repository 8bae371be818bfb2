"""The recipe of the model that is shipped."""

import torch

from underpaint import catalog
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import architecture
from underpaint.training.recipes import mini


def test_the_recipe_is_a_full_request() -> None:
    request = mini.request()
    assert TrainRequest.from_json(request.to_json()) == request
    assert request.kind == "latents"
    assert "mini" in catalog.ids("underpaint.training.recipes")


def test_its_networks_are_small_enough_to_ship() -> None:
    networks = architecture(mini.request(), channels=8)
    weights = {name: sum(w.numel() for w in net.parameters()) for name, net in networks.items()}
    assert 10e6 < weights["unet"] < 12e6
    tokens = 49_408 * mini.WIDTH
    assert weights["text"] - tokens < 2e6


def test_its_networks_work_together() -> None:
    networks = architecture(mini.request(), channels=8)
    features, pooled = networks["text"](torch.full((1, 32), 49_407))
    out = networks["unet"](torch.zeros(1, 8, 16, 16), torch.tensor([500.0]), features, pooled)
    assert out.shape == (1, 8, 16, 16)
