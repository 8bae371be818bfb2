"""DDIM CFG++: DDIM under a guidance that keeps to the model's own pictures.

Paper: Chung et al. 2024, arXiv:2406.08070, algorithm 2: the estimate is guided, but the noise that
is put back is that of the negative estimate. That is the walk of DDIM under another scale of
guidance at each level, so all that is new is in `guidance.plus`, which `GUIDANCE` asks for.
"""

from underpaint.diffusion.samplers.ddim import sample

__all__ = ["sample"]

LABEL = "DDIM CFG++"
ALIASES = ("ddim_cfgpp", "ddim_cfg++")
ORDER = 1
SCHEDULE = "ddim"
NOISE = "gaussian"
GUIDANCE = "plus"
