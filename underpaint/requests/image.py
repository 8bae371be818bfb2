"""What a picture is asked for with: from words, from a sketch, or from a sketch with a mask."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, Self

from pydantic.dataclasses import dataclass

from underpaint.requests import _agreement, _autoencoders, _controls, _hires
from underpaint.requests._emphasis import Emphasis
from underpaint.requests._fields import (
    SEEDS,
    STRICT,
    Batch,
    Churning,
    ClipSkip,
    Contrast,
    Extent,
    GuidanceScale,
    HiresSteps,
    MaskBlur,
    MaskPadding,
    Name,
    NoiseOrigin,
    NoiseScale,
    Picture,
    Pixels,
    PixelsOrNone,
    Prompt,
    Request,
    Rho,
    SamplerName,
    ScheduleName,
    Seed,
    SeedDelta,
    Share,
    Sigma,
    Softness,
    Steps,
)
from underpaint.requests._repainting import Content, Resize
from underpaint.requests._samplers import AUTOMATIC, sampler_and_schedule
from underpaint.requests._upscalers import UpscalerName, files, picture_upscaler_id, upscaler_id


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ImageRequest(Request):
    """One to sixteen pictures of one prompt.

    Raises:
        RequestError: a value is outside what is allowed; the sentence names it and the range.
        UnknownEntryError: there is no such sampler or schedule; lists those there are.
    """

    prompt: Prompt = ""
    """What the picture shows. (words) count 1.1 times, (words:1.3) 1.3 times, [words] less."""

    negative: Prompt = ""
    """What the picture must not show, in the same language as the prompt."""

    emphasis: Emphasis = "original"
    """What weights in prompts do: original keeps a text's mean loudness, no_norm lets it change,
    ignore leaves weights out, none takes brackets for text."""

    model: Name = "mini"
    """The model that paints, by name, as listed by `underpaint models`."""

    vae: Name = _autoencoders.AUTOMATIC
    """The autoencoder that paints with it, by the name of its file; own is the model's own, and
    automatic the one that lies beside the model's file, else its own."""

    init: Picture | None = None
    """A picture or colour sketch to start from; without one, painting starts from noise."""

    mask: Picture | None = None
    """Where to repaint the init picture: white is repainted, black is kept; needs init."""

    resize: Resize = "stretch"
    """How an init picture of another size comes to this one: stretch, crop what stands out, fill
    what is free with the colours of its edges, or stretch its latent; counts with init."""

    resize_upscaler: UpscalerName = "lanczos"
    """What enlarges an init picture that is smaller than this one: lanczos, nearest, or the name
    of an upscaler's file; counts with init."""

    mask_invert: bool = False
    """Repaint what is black in the mask and keep what is white; counts with mask."""

    mask_blur: MaskBlur = 0
    """Over how many pixels the mask's edge fades, inwards only, so that what is outside is kept to
    the last bit; counts with mask."""

    mask_content: Content = "original"
    """What painting starts from under the mask: original is the init picture there, fill the
    colours around, noise the latent's noise, nothing an empty latent, shaped is noise with the
    picture's own colours and grain; counts with mask."""

    only_masked: bool = False
    """Paint only what is masked and what is around it, at this width and height, and put it back
    into the init picture, which keeps its own size; counts with mask."""

    mask_padding: MaskPadding = 32
    """How many pixels of the init picture around the mask only_masked takes with it."""

    soft: bool = False
    """Let what is painted grow into what is there: the mask's greys are kept while there is much
    noise, and free when there is little (soft inpainting); counts with mask."""

    soft_bias: Softness = 1.0
    """How much longer greys of the mask are kept at high noise levels than at low ones."""

    soft_preservation: Softness = 0.5
    """How much greys of the mask are kept in all; 0 repaints them like white."""

    soft_contrast: Contrast = 4.0
    """How much detail stays where old and new are mixed; 1 blurs it."""

    soft_influence: Share = 0.0
    """How far the mask, and not only what has changed, says which pixels are taken over."""

    soft_threshold: Softness = 0.5
    """How far a place must have changed for half of what is new to be taken over."""

    soft_difference: Softness = 2.0
    """How sharp it is between places that are taken over and others."""

    original: Picture | None = None
    """The picture that init was before strokes were painted on it: only where the two differ is
    repainted, and painting starts from the strokes; needs init, of its size."""

    mask_transparency: Share = 0.0
    """How much of the strokes to leave as they are; counts with original."""

    extend_left: Extent = 0
    """How many pixels the init picture is to grow to the left; it keeps its own size but for that.
    What was there stays to the last bit, save for a seam as wide as mask_blur."""

    extend_right: Extent = 0
    """How many pixels the init picture is to grow to the right."""

    extend_up: Extent = 0
    """How many pixels the init picture is to grow at its top."""

    extend_down: Extent = 0
    """How many pixels the init picture is to grow at its bottom."""

    controls: _controls.Controls = ()
    """Pictures that lead the painting, each by a ControlNet: FILE:MODEL or FILE:MODEL:WEIGHT, or a
    JSON object with picture, model, preprocessor, weight, start, end, mode and resize."""

    strength: Share = 0.75
    """How far to go from the init picture, or from the smaller one that the second pass of hires
    begins with: 0 stays closest, 1 ignores it."""

    hires_width: PixelsOrNone = 0
    """Width of a second, larger pass over what was painted from words, which begins with it and
    goes as far as strength says; 0 is no such pass, or follows from hires_height."""

    hires_height: PixelsOrNone = 0
    """Height of the second pass; 0 is no such pass, or follows from hires_width."""

    hires_upscaler: UpscalerName = "latent"
    """What enlarges the smaller picture for the second pass: its latent (latent, latent_bicubic,
    latent_nearest and so on), or its pixels by lanczos, nearest or the name of an upscaler's file;
    counts with hires_width or hires_height."""

    hires_steps: HiresSteps = 0
    """How many steps the second pass takes, whatever the strength; 0 is as many as steps."""

    hires_sampler: SamplerName | None = None
    """How noise becomes a picture in the second pass; by default as in the first."""

    hires_schedule: ScheduleName | None = None
    """How noise levels are spread in the second pass; by default as in the first."""

    hires_prompt: Prompt = ""
    """What the picture shows in the second pass; by default what prompt says."""

    hires_negative: Prompt = ""
    """What the picture must not show in the second pass; by default what negative says."""

    hires_guidance_scale: GuidanceScale | None = None
    """How strongly the prompt leads in the second pass; by default as in the first."""

    steps: Steps = 20
    """How many steps the whole schedule takes; more steps are slower and finer."""

    guidance_scale: GuidanceScale = 7.0
    """How strongly the prompt leads; 1 turns guidance off, 7 is usual."""

    guidance_rescale: Share = 0.0
    """How far to take back the over-exposure that strong guidance brings; 0 is off."""

    sampler: SamplerName = "dpmpp_2m"
    """How noise becomes a picture; ids, labels such as "DPM++ 2M" and "DPM++ 2M Karras" do."""

    schedule: ScheduleName = AUTOMATIC
    """How noise levels are spread over the steps; automatic is what suits the sampler."""

    width: Pixels = 512
    """Width of the picture in pixels."""

    height: Pixels = 512
    """Height of the picture in pixels."""

    seed: Seed = -1
    """Which noise to start from; the next pictures of a batch take the next seeds; -1 draws one."""

    batch: Batch = 4
    """How many pictures to paint."""

    variation_seed: Seed = -1
    """Which noise to mix in for variations of one seed; -1 draws one."""

    variation_strength: Share = 0.0
    """How much of the variation's noise to mix in: 0 is none, 1 is that noise alone."""

    clip_skip: ClipSkip = 1
    """Which layer of the text encoder to read, counted from the last; 2 suits some models."""

    tiling: bool = False
    """Paint pictures that tile: what stands at an edge goes on at the opposite one."""

    eta: Share | None = None
    """How much fresh noise samplers add on the way, 0 for none; by default what is usual for
    each: 0 for DDIM, 1 for the ancestral and SDE samplers."""

    s_churn: Churning = 0.0
    """How much noise Euler, Heun and DPM2 stir in on the way; 0 is none."""

    s_tmin: Sigma = 0.0
    """The lowest noise level at which s_churn stirs."""

    s_tmax: Sigma = 0.0
    """The highest noise level at which s_churn stirs; 0 is any."""

    s_noise: NoiseScale = 1.0
    """What noise that is added on the way is multiplied by; above 1 brings more detail."""

    sigma_min: Sigma = 0.0
    """The lowest noise level of the schedule; 0 is the model's own."""

    sigma_max: Sigma = 0.0
    """The highest noise level of the schedule; 0 is the model's own."""

    rho: Rho = 0.0
    """The curve of the schedules karras and polyexponential; 0 is their own, 7 and 1."""

    discard_penultimate: bool = False
    """Leave out the schedule's lowest noise level, as some samplers always do."""

    noise_source: NoiseOrigin = "cpu"
    """Whose noise a seed stands for: cpu is the same everywhere, gpu is that of the device that
    paints, nv is that of NVIDIA's cards, worked out anywhere."""

    noise_seed_delta: SeedDelta = 0
    """What is added to the seed for the noise on the way (ENSD); 0 goes on from the first noise."""

    seed_resize_width: PixelsOrNone = 0
    """Width at which the seed's picture is known, whose noise is laid over the middle; 0 is this
    picture's."""

    seed_resize_height: PixelsOrNone = 0
    """Height at which the seed's picture is known; 0 is this picture's."""

    def __post_init__(self) -> None:
        """Settle the names, then refuse what fits no picture."""
        self._settle("", sampler_and_schedule(self.sampler, self.schedule))
        self._settle("hires_", _hires.settled(self.hires_sampler, self.hires_schedule))
        object.__setattr__(self, "vae", _autoencoders.autoencoder_id(self.vae))
        object.__setattr__(self, "hires_upscaler", upscaler_id(self.hires_upscaler))
        enlarges = picture_upscaler_id(self.resize_upscaler, "resize_upscaler")
        object.__setattr__(self, "resize_upscaler", enlarges)
        _hires.check(*self._sizes(), strength=self.strength, from_words=self.init is None)
        _agreement.check_mask(masked=self.mask is not None, init=self.init is not None)
        _agreement.check_placing(self.resize, self.mask_content, self.own_size)
        _agreement.check_sketch(self.original, self.init)
        _agreement.check_levels(self.sigma_min, self.sigma_max)
        _agreement.check_model(self.model)
        _controls.check_controls(self.controls)

    def _settle(self, which: str, names: tuple[str | None, str | None]) -> None:
        for field, name in zip(("sampler", "schedule"), names, strict=True):
            object.__setattr__(self, which + field, name)

    def _sizes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (self.width, self.height), (self.hires_width, self.hires_height)

    def enlarged(self) -> Self | None:
        """Return what the second, larger pass paints; None without one."""
        size, scale = _hires.size(*self._sizes()), self.hires_guidance_scale
        return size and replace(
            self,
            width=size[0],
            height=size[1],
            steps=self.hires_steps or self.steps,
            sampler=self.hires_sampler or self.sampler,
            schedule=self.hires_schedule or self.schedule,
            prompt=self.hires_prompt or self.prompt,
            negative=self.hires_negative or self.negative,
            guidance_scale=self.guidance_scale if scale is None else scale,
            hires_width=0,
            hires_height=0,
        )

    def values(self) -> dict[str, Any]:
        """Return the fields of a picture's request by name; a request over requests has more."""
        return {field.name: getattr(self, field.name) for field in fields(ImageRequest)}

    @property
    def own_size(self) -> str:
        """The field that lets an init picture keep its own size; "" where it comes to another."""
        names = "only_masked", "extend_left", "extend_right", "extend_up", "extend_down"
        return next((name for name in names if getattr(self, name)), "")

    @property
    def stem(self) -> str:
        """What the names of its pictures' files say of it: the seed."""
        return str(self.seed)

    def needs(self) -> Iterator[tuple[str, str]]:
        """Yield the kind and the name of each file that it is to be carried out with."""
        yield "models", self.model
        yield from _autoencoders.files(self.vae)
        yield from files(self.hires_upscaler) if self.enlarged() else ()
        yield from files(self.resize_upscaler) if self.init is not None else ()
        yield from _controls.files(self.controls)

    def resolved(self, draw: Callable[[], int]) -> Self:
        """Return the request with every seed of -1 drawn, so that it says which pictures it is.

        Args:
            draw: gives a fresh random whole number at each call, of any size.

        Raises:
            RequestError: a control has no picture to follow.
        """
        _controls.check_pictures(self.controls, init=self.init is not None)
        seeds = self.seed, self.variation_seed
        seed, variation = (draw() % SEEDS if seed < 0 else seed for seed in seeds)
        return replace(self, seed=seed, variation_seed=variation)

    def alone(self, index: int) -> "ImageRequest":
        """Return the request that paints picture `index` of this resolved batch by itself.

        Each picture takes the next seed and the next variation seed; but variations vary one
        seed, so with a `variation_strength` above 0 the seed stays. Seeds wrap at 2**32.

        Args:
            index: which picture, 0..batch - 1.
        """
        assert 0 <= index < self.batch, f"no picture {index} in a batch of {self.batch}"
        assert min(self.seed, self.variation_seed) >= 0, "seeds are drawn by resolved() first"
        seed = self.seed if self.variation_strength else (self.seed + index) % SEEDS
        variation = (self.variation_seed + index) % SEEDS
        return replace(self, seed=seed, variation_seed=variation, batch=1)
