"""What every sampler test shares: each entry of the catalogue, and denoisers made for testing."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint import catalog
from underpaint.diffusion.forward import per_image
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Churn

PACKAGE = "underpaint.diffusion.samplers"
STOPPED = ("dpm_fast", "dpm_adaptive")  # k-diffusion leaves the lowest level's noise in them
GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture(params=catalog.ids(PACKAGE))
def entry(request: pytest.FixtureRequest) -> ModuleType:
    """Every sampler there is."""
    return catalog.entry(PACKAGE, request.param)


@pytest.fixture
def entries() -> list[ModuleType]:
    """All samplers at once."""
    return [catalog.entry(PACKAGE, id) for id in catalog.ids(PACKAGE)]


@pytest.fixture
def curved() -> Denoiser:
    """A denoiser bent in x and sigma, of sums and products only.

    IEEE 754 rounds those in one way, wherever an element lies in memory.
    """

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return x / (1 + per_image(sigma, x) ** 2) + 0.1 / (1 + x * x)

    return denoise


@pytest.fixture
def levels() -> Tensor:
    """Seven levels and 0, about evenly apart in their logarithm."""
    return torch.tensor([14.6, 5.0, 2.0, 1.0, 0.4, 0.1, 0.03, 0.0], dtype=torch.float64)


@pytest.fixture
def assert_like_k_diffusion() -> Callable[[ModuleType], None]:
    """Compare a sampler with every stored run of k-diffusion's, in float64."""
    golden = json.loads((GOLDEN / "samplers.json").read_text())
    given = runpy.run_path(str(GOLDEN / "make_samplers.py"))
    sigmas = torch.tensor(golden["sigmas"], dtype=torch.float64)

    def check(sampler: ModuleType) -> None:
        cases = [case for case in golden["cases"] if sampler.__name__.endswith(f".{case['id']}")]
        assert cases
        for case in cases:
            knobs, noise = case.get("knobs", {}), given["noise"]
            if "churn" in case:
                knobs, noise = {"churn": Churn(**case["churn"])}, given["still"]
            levels = sigmas[:-1] if case["id"] in STOPPED else sigmas
            *_, last = sampler.sample(given["denoise"], given["start"](), levels, noise, **knobs)
            theirs = torch.tensor(case["sample"], dtype=torch.float64)
            torch.testing.assert_close(last.x.flatten(), theirs, rtol=0, atol=1e-9)

    return check
