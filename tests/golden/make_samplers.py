"""Make samplers.json: where k-diffusion 0.1.1 ends on a small made-up denoiser.

k-diffusion imports torchvision and torchdiffeq, which none of these samplers use, so it is
installed alone and those two are stood in for:

    pip install --no-deps k-diffusion==0.1.1.post1
    pip install torchsde scipy tqdm
    python tests/golden/make_samplers.py
"""

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

STEPS = 12
CASES: list[dict[str, Any]] = [
    {"id": "euler", "function": "sample_euler"},
    {"id": "heun", "function": "sample_heun"},
    {"id": "dpmpp_2m", "function": "sample_dpmpp_2m"},
    *(
        {"id": id, "function": f"sample_{id}", "knobs": knobs}
        for id in ("euler_ancestral", "dpmpp_2m_sde", "dpmpp_sde")
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


def noise(sigma: float, sigma_next: float) -> Tensor:
    """Return fixed numbers in [-1.4, 1.4] for an interval."""
    place = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4)
    return 1.4 * torch.cos(place + 7 * float(sigma) + 3 * float(sigma_next))


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
    for case in CASES:
        knobs = dict(case.get("knobs", {}))
        extra = {"noise_sampler": noise} if knobs else {}
        x = getattr(sampling, case["function"])(
            denoise, start(), sigmas, disable=True, **knobs, **extra
        )
        case["sample"] = x.flatten().tolist()
    schedules = {
        name: getattr(sampling, f"get_sigmas_{name}")(STEPS, 0.0291675, 14.614642).tolist()
        for name in ("karras", "exponential", "polyexponential")
    }
    golden = {"sigmas": sigmas.tolist(), "schedules": schedules, "cases": CASES}
    Path(__file__).with_name("samplers.json").write_text(json.dumps(golden, indent=1) + "\n")


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
