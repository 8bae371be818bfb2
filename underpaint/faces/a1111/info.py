"""What A1111 says of pictures: the `info` beside them, and the parsed text inside them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from underpaint import infotext
from underpaint.faces.a1111 import labels
from underpaint.media import Image
from underpaint.requests.image import ImageRequest

# What an absent key of the text means, for clients that look for it.
_ABSENT = {
    "Clip skip": "1",
    "Hires resize-1": 0,
    "Hires resize-2": 0,
    "Hires sampler": "Use same sampler",
    "Hires schedule type": "Use same scheduler",
    "Hires checkpoint": "Use same checkpoint",
    "Hires prompt": "",
    "Hires negative prompt": "",
    "Mask mode": "Inpaint masked",
    "Masked content": "original",
    "Inpaint area": "Whole picture",
    "Masked area padding": 32,
    "RNG": "CPU",
    "Schedule type": "Automatic",
    "Schedule max sigma": 0,
    "Schedule min sigma": 0,
    "Schedule rho": 0,
    "VAE Encoder": "Full",
    "VAE Decoder": "Full",
    "FP8 weight": "Disable",
    "Cache FP16 weight for LoRA": False,
    "Emphasis": "Original",
    "Refiner switch by sampling steps": False,
}


def info(
    painted: Sequence[tuple[ImageRequest, Image]],
    *,
    model: str,
    model_hash: str,
    at: datetime,
    first: int = 0,
    styles: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> str:
    """Return `info`, JSON in a text, about the pictures of one call.

    Args:
        painted: each picture with the request that paints it alone; one or more.
        model: what painted.
        model_hash: the first ten digits of its file's SHA-256.
        at: when the call came.
        first: where the first picture stands among the images; 1 after a grid.
        styles: those that were asked for.
        notes: what was passed over.
    """
    requests = [request for request, _ in painted]
    head = requests[0]
    texts = [picture.text for _, picture in painted]
    pairs = infotext.parts(texts[0])[2]
    about = {
        "prompt": head.prompt,
        "all_prompts": [request.prompt for request in requests],
        "negative_prompt": head.negative,
        "all_negative_prompts": [request.negative for request in requests],
        "seed": head.seed,
        "all_seeds": [request.seed for request in requests],
        "subseed": head.variation_seed,
        "all_subseeds": [request.variation_seed for request in requests],
        "subseed_strength": head.variation_strength,
        "width": head.width,
        "height": head.height,
        "sampler_name": labels.sampler(head.sampler),
        "cfg_scale": head.guidance_scale,
        "steps": head.steps,
        "batch_size": len(requests),
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": model,
        "sd_model_hash": model_hash,
        "sd_vae_name": pairs.get("VAE"),
        "sd_vae_hash": pairs.get("VAE hash"),
        "seed_resize_from_w": getattr(head, "seed_resize_width", 0) or -1,
        "seed_resize_from_h": getattr(head, "seed_resize_height", 0) or -1,
        "denoising_strength": None if head.init is None else head.strength,
        "extra_generation_params": _extras(texts[0]),
        "index_of_first_image": first,
        "infotexts": [*texts[:first], *texts],
        "styles": list(styles),
        "job_timestamp": at.strftime("%Y%m%d%H%M%S"),
        "clip_skip": head.clip_skip,
        "is_using_inpainting_conditioning": False,
        "version": pairs.get("Version", "underpaint"),
    }
    return json.dumps(about | ({"warnings": list(notes)} if notes else {}), ensure_ascii=False)


def parsed(text: str) -> dict[str, Any]:
    """Return what a picture's text says, key by key, as `/png-info` gives it; {} for no text."""
    if not text:
        return {}
    prompt, negative, pairs = infotext.parts(text)
    known: dict[str, Any] = {"Prompt": prompt, "Negative prompt": negative}
    for key, value in pairs.items():
        width, _, height = value.partition("x")
        sides = width.isdecimal() and height.isdecimal()
        known |= {f"{key}-1": width, f"{key}-2": height} if sides else {key: value}
    return {**_ABSENT, **known}


def _extras(text: str) -> Mapping[str, str]:
    """Return the pairs of a text that the other keys of `info` do not tell."""
    told = {"Steps", "Sampler", "CFG scale", "Seed", "Size", "Model hash", "Model", "Version"}
    pairs = infotext.parts(text)[2]
    return {key: value for key, value in pairs.items() if key not in told}
