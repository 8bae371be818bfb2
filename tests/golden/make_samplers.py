"""Make samplers.json: where k-diffusion 0.1.1 ends on a small made-up denoiser.

k-diffusion imports torchvision and torchdiffeq, which none of these samplers use, so it is
installed alone and those two are stood in for:

    pip install --no-deps k-diffusion==0.1.1.post1
    pip install torchsde scipy tqdm
    python tests/golden/make_samplers.py
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

STEPS = 12
QUIET = ("euler", "heun", "dpm_2", "lms", "dpmpp_2m")
CHURNED = ("euler", "heun", "dpm_2")
NOISY = (
    "euler_ancestral",
    "dpm_2_ancestral",
    "dpmpp_2s_ancestral",
    "dpmpp_sde",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_heun",
    "dpmpp_3m_sde",
    "dpm_fast",
    "dpm_adaptive",
)
CASES: list[dict[str, Any]] = [
    *({"id": id} for id in QUIET),
    *(
        {"id": id, "churn": churn}
        for id in CHURNED
        for churn in (
            {"s_churn": 3.0},
            {"s_churn": 40.0, "s_tmin": 0.1, "s_tmax": 5.0, "s_noise": 1.1},
        )
    ),
    *(
        {"id": id, "knobs": knobs}
        for id in NOISY
        for knobs in ({"eta": 0.0}, {"eta": 0.4}, {"eta": 1.0}, {"eta": 1.0, "s_noise": 0.9})
    ),
]


def start() -> Tensor:
    """Return a fixed latent (2, 3, 4) at about the highest level."""
    return 10 * torch.sin(torch.arange(24, dtype=torch.float64)).reshape(2, 3, 4)


def denoise(x: Tensor, sigma: Tensor) -> Tensor:
    """Return a smooth, curved, level-dependent estimate, bounded as a picture is."""
    sigma = sigma.reshape(-1, *(1 for _ in x.shape[1:])) if sigma.ndim else sigma
    return torch.tanh(x / (0.3 + sigma)) + 0.1 * torch.cos(3 * x / (1 + sigma**2))


def noise(sigma: float | Tensor, sigma_next: float | Tensor) -> Tensor:
    """Return fixed numbers in [-1.4, 1.4] for an interval, or for one of each image."""
    start, end = (
        torch.as_tensor(level, dtype=torch.float64).reshape(-1, 1, 1)
        for level in (sigma, sigma_next)
    )
    place = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4)
    return 1.4 * torch.cos(place + 7 * start + 3 * end)


def still(_sigma: float, _sigma_next: float) -> Tensor:
    """Return fixed numbers, for what k-diffusion draws without saying where."""
    return noise(0.0, 0.0)


def main() -> None:
    """Write samplers.json beside this file."""
    for name, attribute in (("torchvision.transforms", "functional"), ("torchdiffeq", "odeint")):
        stand_in = ModuleType(name)
        setattr(stand_in, attribute, None)
        sys.modules[name] = stand_in
    sys.modules["torchvision"] = ModuleType("torchvision")
    sampling = _sampling_alone()

    torch.set_default_dtype(torch.float64)
    sigmas = sampling.get_sigmas_karras(STEPS, 0.0291675, 14.614642)
    with patch("torch.randn_like", lambda _x: still(0.0, 0.0)):
        for case in CASES:
            case["sample"] = _sample(sampling, case, sigmas).flatten().tolist()
    schedules = {
        name: getattr(sampling, f"get_sigmas_{name}")(STEPS, 0.0291675, 14.614642).tolist()
        for name in ("karras", "exponential", "polyexponential")
    }
    golden = {
        "sigmas": sigmas.tolist(),
        "schedules": schedules,
        "brownian": _brownian(sampling),
        "cases": CASES,
    }
    Path(__file__).with_name("samplers.json").write_text(json.dumps(golden, indent=1) + "\n")


def _sample(sampling: ModuleType, case: dict[str, Any], sigmas: Tensor) -> Tensor:
    """Return where k-diffusion ends.

    DPM fast and adaptive stop at the lowest level; the latter takes one image at a time, for it
    judges a batch by its mean.
    """
    knobs = {**case.get("knobs", {}), **case.get("churn", {}), "disable": True}
    function = getattr(sampling, f"sample_{case['id'].removesuffix('_heun')}")
    if case["id"] == "dpmpp_2m_sde_heun":
        knobs["solver_type"] = "heun"
    if case["id"] == "dpm_adaptive":
        ends = float(sigmas[-2]), float(sigmas[0])
        images = [
            function(denoise, image[None], *ends, **knobs, noise_sampler=_of(index))
            for index, image in enumerate(start())
        ]
        return torch.cat(images)
    if "knobs" in case:
        knobs["noise_sampler"] = noise
    if case["id"] == "dpm_fast":
        return function(
            denoise, start(), float(sigmas[-2]), float(sigmas[0]), len(sigmas) - 2, **knobs
        )
    return function(denoise, start(), sigmas, **knobs)


def _brownian(sampling: ModuleType) -> dict[str, Any]:
    """Return what k-diffusion draws for some seeds and intervals, of times that float32 has."""
    ends, levels = (0.03125, 14.625), (14.625, 9.5, 8.0, 4.25, 0.5, 0.125, 0.03125)
    seeds = (3, 2**32 - 1)
    intervals = [*pairwise(levels), (14.625, 0.03125), (9.5, 0.125)]
    start = torch.zeros(len(seeds), 6, dtype=torch.float32)
    draw = sampling.BrownianTreeNoiseSampler(start, *ends, seed=list(seeds))
    noise = torch.stack([draw(*interval) for interval in intervals], dim=1).tolist()
    return {"seeds": seeds, "ends": ends, "intervals": intervals, "noise": noise}


def _of(index: int) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda sigma, sigma_next: noise(sigma, sigma_next)[index : index + 1]


def _sampling_alone() -> ModuleType:
    """Import k_diffusion.sampling without the package's __init__, which imports everything."""
    spec = find_spec("k_diffusion")
    assert spec is not None
    package = ModuleType("k_diffusion")
    package.__path__ = list(spec.submodule_search_locations or ())
    sys.modules["k_diffusion"] = package
    return import_module("k_diffusion.sampling")


if __name__ == "__main__":
    main()
