"""What A1111's two painting calls take, field by field: every field may be absent or null.

Unknown keys are passed over, and numbers may come as text, since clients send both. What the
values mean is settled in `requests`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from underpaint.requests._repainting import CONTENTS, RESIZES

Seed = Annotated[int, Field(description="-1, null or an empty text draws one.")]
Script = Annotated[dict[str, Any], Field(description='{"args": [...]}, by the script\'s title.')]

MAX_SCRIPTS = 64


def arguments(script: Mapping[str, Any]) -> list[Any]:
    """Return the arguments of an always-on script; some clients name them, or send a single one.

    Args:
        script: what stands for it in a call.
    """
    given = script.get("args")
    if given is None:
        return []
    if isinstance(given, Mapping):
        return list(cast("Mapping[str, Any]", given).values())
    return cast("list[Any]", given) if isinstance(given, list) else [given]


class Payload(BaseModel):
    """The fields that both calls share."""

    model_config = ConfigDict(
        extra="ignore", allow_inf_nan=False, coerce_numbers_to_str=True, protected_namespaces=()
    )

    prompt: str = ""
    negative_prompt: str = ""
    styles: list[str] | None = None
    seed: Seed = -1
    subseed: Seed = -1
    subseed_strength: float = 0
    seed_resize_from_h: int = -1
    seed_resize_from_w: int = -1
    sampler_name: str | None = None
    scheduler: str | None = None
    sampler_index: str = "Euler"
    batch_size: Annotated[int, Field(ge=1, le=16)] = 1
    n_iter: Annotated[int, Field(ge=1, le=100)] = 1
    steps: int = 50
    cfg_scale: float = 7.0
    width: int = 512
    height: int = 512
    restore_faces: bool | None = None
    tiling: bool | None = None
    do_not_save_samples: bool = False
    do_not_save_grid: bool = False
    eta: float | None = None
    denoising_strength: float | None = None
    s_min_uncond: float | None = None
    s_churn: float | None = None
    s_tmax: float | None = None
    s_tmin: float | None = None
    s_noise: float | None = None
    override_settings: dict[str, Any] | None = None
    override_settings_restore_afterwards: bool = True
    refiner_checkpoint: str | None = None
    refiner_switch_at: float | None = None
    disable_extra_networks: bool = False
    firstpass_image: str | None = None
    comments: dict[str, Any] | None = None
    script_name: str | None = None
    script_args: list[Any] = []
    alwayson_scripts: Annotated[dict[str, Script], Field(max_length=MAX_SCRIPTS)] = {}
    send_images: bool = True
    save_images: bool = False
    force_task_id: Annotated[str, Field(max_length=256)] | None = None
    infotext: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, values: object) -> object:
        """Leave out what is null, and seeds that are an empty text: they take their defaults."""
        if not isinstance(values, Mapping):
            return values
        return {
            name: value
            for name, value in values.items()
            if value is not None and not (value == "" and name in ("seed", "subseed"))
        }

    @property
    def worn(self) -> list[str]:
        """The styles asked for; "None" is how menus ask for none."""
        return [name for name in self.styles or () if name not in ("", "None")]

    def echo(self) -> dict[str, Any]:
        """Return all fields as the answer repeats them."""
        return self.model_dump()


class TextToImage(Payload):
    """The body of `/sdapi/v1/txt2img`."""

    enable_hr: bool = False
    firstphase_width: int = 0
    firstphase_height: int = 0
    hr_scale: float = 2.0
    hr_upscaler: str | None = None
    hr_second_pass_steps: int = 0
    hr_resize_x: int = 0
    hr_resize_y: int = 0
    hr_checkpoint_name: str | None = None
    hr_sampler_name: str | None = None
    hr_scheduler: str | None = None
    hr_prompt: str = ""
    hr_negative_prompt: str = ""


class ImageToImage(Payload):
    """The body of `/sdapi/v1/img2img`."""

    init_images: list[str] | None = None
    resize_mode: Annotated[int, Field(ge=0, lt=len(RESIZES))] = 0
    image_cfg_scale: float | None = None
    mask: str | None = None
    mask_blur_x: Annotated[int, Field(ge=0, le=256)] = 4
    mask_blur_y: Annotated[int, Field(ge=0, le=256)] = 4
    mask_blur: Annotated[int, Field(ge=0, le=256)] | None = None
    mask_round: bool = True
    inpainting_fill: Annotated[int, Field(ge=0, lt=len(CONTENTS))] = 0
    inpaint_full_res: bool = True
    inpaint_full_res_padding: Annotated[int, Field(ge=0)] = 0
    inpainting_mask_invert: Annotated[int, Field(ge=0, le=1)] = 0
    initial_noise_multiplier: float | None = None
    latent_mask: str | None = None
    include_init_images: bool = False

    def echo(self) -> dict[str, Any]:
        """Return all fields as the answer repeats them: pictures only when that was asked for."""
        shown = self.model_dump()
        return shown if self.include_init_images else shown | {"init_images": None, "mask": None}
