"""A1111's keys in the text of a picture, and the fields of ours that they are about."""

from collections.abc import Mapping
from typing import Any

from underpaint.requests._repainting import CONTENTS, RESIZES
from underpaint.requests._upscalers import UPSCALERS

# A1111's keys in its order, then ours, and the field that each is about; those without one are
# about several fields, or about none.
KEYS: Mapping[str, str] = {
    "Steps": "steps",
    "Sampler": "sampler",
    "Schedule type": "schedule",
    "CFG scale": "guidance_scale",
    "Seed": "seed",
    "Size": "",
    "Model hash": "",
    "Model": "model",
    "VAE hash": "",
    "VAE": "vae",
    "Variation seed": "variation_seed",
    "Variation seed strength": "variation_strength",
    "Seed resize from": "",
    "Denoising strength": "strength",
    "Clip skip": "clip_skip",
    "ENSD": "noise_seed_delta",
    "RNG": "noise_source",
    "Tiling": "tiling",
    "Hires prompt": "hires_prompt",
    "Hires negative prompt": "hires_negative",
    "Hires upscale": "",
    "Hires resize": "",
    "Hires steps": "hires_steps",
    "Hires upscaler": "hires_upscaler",
    "Hires sampler": "hires_sampler",
    "Hires schedule type": "hires_schedule",
    "Hires CFG Scale": "hires_guidance_scale",
    "Mask mode": "mask_invert",
    "Mask blur": "mask_blur",
    "Inpaint area": "only_masked",
    "Masked area padding": "mask_padding",
    "Masked content": "mask_content",
    "Soft inpainting enabled": "soft",
    "Soft inpainting schedule bias": "soft_bias",
    "Soft inpainting preservation strength": "soft_preservation",
    "Soft inpainting transition contrast boost": "soft_contrast",
    "Soft inpainting mask influence": "soft_influence",
    "Soft inpainting difference threshold": "soft_threshold",
    "Soft inpainting difference contrast": "soft_difference",
    "Mask transparency": "mask_transparency",
    "Outpaint left": "extend_left",
    "Outpaint right": "extend_right",
    "Outpaint up": "extend_up",
    "Outpaint down": "extend_down",
    "Eta": "eta",
    "Eta DDIM": "eta",
    "Emphasis": "emphasis",
    "Sigma churn": "s_churn",
    "Sigma tmin": "s_tmin",
    "Sigma tmax": "s_tmax",
    "Sigma noise": "s_noise",
    "Schedule min sigma": "sigma_min",
    "Schedule max sigma": "sigma_max",
    "Schedule rho": "rho",
    "Discard penultimate sigma": "discard_penultimate",
    "CFG rescale": "guidance_rescale",
    "Resize mode": "resize",
    "Upscaler for img2img": "resize_upscaler",
}
# Values that have names in A1111, and what they are here.
LABELS: Mapping[str, Mapping[str, Any]] = {
    "mask_invert": {"Inpaint masked": False, "Inpaint not masked": True},
    "only_masked": {"Whole picture": False, "Only masked": True},
    "mask_content": {label: id for id, label in CONTENTS.items()},
    "resize": {label: id for id, label in RESIZES.items()},
    "resize_upscaler": {label: id for id, label in UPSCALERS.items()},
}
