"""Models that were taught to paint in few steps: what suits them.

They are built like the models they were taught by, and nothing in most files tells them apart but
the name that people keep in it. So the name decides no more than what is asked for where a person
does not say: adversarial distillation (Sauer et al. 2023, arXiv:2311.17042, "Turbo"), progressive
adversarial distillation (Lin et al. 2024, arXiv:2402.13929, "Lightning"), trajectory-segmented
consistency (Ren et al. 2024, arXiv:2404.13686, "Hyper-SD") and latent consistency (Luo et al. 2023,
arXiv:2310.04378, "LCM"). All start from the last level, so their steps must be counted from there:
schedule sgm_uniform, which papers call trailing. All have guidance baked in and want none, but for
latent consistency models whose network obeys a scale by itself.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from underpaint.families._parts import UNET
from underpaint.weights.packed import unpacked_shapes

GUIDED = f"{UNET}time_embedding.cond_proj.weight"
OBEYING = 8.0
"""The guidance scale that Luo et al. chose for a network that obeys it."""

MOST_STEPS = 16
"""That may be called few."""

_STEPS = re.compile(r"(?<!\d)([1-9]|1[0-6])[-_ ]?steps?(?![a-z])")

_KINDS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        r"turbo": {"sampler": "euler_ancestral", "steps": 4},
        r"lightning": {"sampler": "euler", "steps": 4},
        r"hyper[-_ ]?sd": {"sampler": "ddim", "steps": 8},
        r"(?<![a-z])lcm(?![a-z])": {"sampler": "lcm", "steps": 8},
    }
)


def suits(
    name: str, shapes: Mapping[str, tuple[int, ...]], metadata: Mapping[str, str]
) -> Mapping[str, object]:
    """Return what suits a model of any family, as its file shows it; see `distilled`.

    Args:
        name: of the model.
        shapes: of the file's tensors.
        metadata: of the file: `underpaint.few_steps` is the number of steps of Euler that it was
            taught to paint in, and levels that end in noise only (`zero_terminal` in
            `underpaint.betas`) are walked from there, evenly in time.
    """
    few = metadata.get("underpaint.few_steps", "")
    if few.isdecimal() and 1 <= int(few) <= MOST_STEPS:
        euler = {"sampler": "euler", "schedule": "sgm_uniform", "guidance_scale": 1.0}
        return {**euler, "steps": int(few)}
    found = distilled(name, obeys_guidance=GUIDED in unpacked_shapes(shapes))
    zero_terminal = metadata.get("underpaint.betas", "").endswith("zero_terminal")
    return {"schedule": "sgm_uniform", **found} if zero_terminal else found


def distilled(name: str, *, obeys_guidance: bool = False) -> Mapping[str, object]:
    """Return what suits a model, by the names of an image request's fields; {} for usual ones.

    Args:
        name: of the model; a number of steps in it, as in "lightning_4step", is heeded.
        obeys_guidance: its network hears the guidance scale, as only latent consistency models do.
    """
    lower = name.lower()
    found = [suits for kind, suits in _KINDS.items() if re.search(kind, lower)]
    if obeys_guidance:
        found = [{"sampler": "lcm", "steps": 4, "guidance_scale": OBEYING}]
    if not found:
        return {}
    told = _STEPS.search(lower)
    steps = {"steps": int(told[1])} if told else {}
    return {"schedule": "sgm_uniform", "guidance_scale": 1.0} | dict(found[0]) | steps
