"""How long does a real-size model take here? Ours beside diffusers' defaults, in one run.

A Stable Diffusion 1.5 with random weights (times do not depend on them) paints one picture from a
picture: 512x512, 20 steps of which 15 are walked, DPM++ 2M Karras, guidance 7. Each program runs in
a process of its own, one after the other; `diffusers` is `StableDiffusionImg2ImgPipeline` as it
comes, in float32.

    pip install 'underpaint[openvino]' diffusers transformers
    python benchmarks/sd15.py --folder /tmp/sd15      # 6 GB there, 6 GiB of memory, ten minutes

Whole is from the loaded model to the picture. Start is from the start of Python to the loaded
model. The difference is that of the decoded pictures, relative to diffusers'. All start from the
same noise and walk the same 15 levels, for which strength is 0.75 there and 0.7 here: for 0.75
we walk 16, as AUTOMATIC1111 does.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from underpaint import media
from underpaint.engines import _machine
from underpaint.events import Finished
from underpaint.families import sd1
from underpaint.families._openvino import OpenVino
from underpaint.families._parts import AUTOENCODER, UNET
from underpaint.families._running import Inputs, Part, Runner, torch_runner
from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.networks.tokenizer import Tokenizer
from underpaint.networks.unet import UNet, UNetParams
from underpaint.networks.vae import Autoencoder, AutoencoderParams
from underpaint.pipelines import image
from underpaint.prompt import emphasis
from underpaint.requests.image import ImageRequest
from underpaint.weights import checkpoint, conversion

PROGRAMS = ("diffusers", "torch-float32", "torch-bfloat16", "openvino-bfloat16")
PROMPT, NEGATIVE, SEED, STEPS, GUIDANCE = "a ripe banana", "blurry", 1, 20, 7.0


def main() -> None:
    """Make the model if need be, run each program, and print the table."""
    options = _options()
    if options.run:
        print(json.dumps(_run(options.run, options.folder, options.side)))
        return
    _make(options.folder, shrunken=options.shrunken)
    rows = {program: _child(program, options) for program in options.programs}
    _print(rows, options.folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the model is kept")
    parser.add_argument("--programs", nargs="+", default=PROGRAMS, choices=PROGRAMS)
    parser.add_argument("--side", type=int, default=512, help="pixels a side")
    parser.add_argument("--shrunken", action="store_true", help="small networks, to try this out")
    parser.add_argument("--run", choices=PROGRAMS, help=argparse.SUPPRESS)
    return parser.parse_args()


def _make(folder: Path, *, shrunken: bool) -> None:
    """Write the model in both layouts, unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    single, many = folder / "sd15.safetensors", folder / "sd15-diffusers"
    if not single.exists():
        torch.manual_seed(0)
        checkpoint.save(single, dict(_tensors(shrunken=shrunken)), {})
    if not many.exists():
        conversion.write(checkpoint.read(single), many, "diffusers")


def _tensors(*, shrunken: bool) -> Iterator[tuple[str, Tensor]]:
    unet, pixels = UNetParams(), AutoencoderParams()
    if shrunken:
        unet = UNetParams(channels=128, multipliers=(1, 2), attention=(1, 0), blocks=1)
        pixels = AutoencoderParams(multipliers=(1, 1, 1, 2), blocks=1)
    parts: dict[str, Callable[[], nn.Module]] = {
        UNET: lambda: UNet(unet),
        AUTOENCODER: lambda: Autoencoder(pixels),
        sd1.TEXT: lambda: ClipText(ClipTextParams(layers=1 if shrunken else 12)),
    }
    for prefix, make in parts.items():
        for name, tensor in make().state_dict().items():
            yield prefix + name, tensor


def _child(program: str, options: argparse.Namespace) -> dict[str, float]:
    """Run one program in a process of its own; what is to be done once is done before."""
    where = ("--folder", str(options.folder), "--side", str(options.side))
    command = [sys.executable, __file__, *where, "--run", program]
    if program.startswith("openvino"):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@dataclass
class Clock:
    """Adds up what each part takes, and keeps the last picture."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    picture: Tensor | None = None

    def timed(self, name: str, work: Callable[[], Tensor]) -> Tensor:
        """Return what work gives, its time taken."""
        start = time.perf_counter()
        done = work()
        self.seconds[name].append(time.perf_counter() - start)
        return done


class Timed:
    """Lets a runner run the networks, and takes the time."""

    def __init__(self, runner: Runner, clock: Clock) -> None:
        """Time a runner."""
        self._runner = runner
        self._clock = clock

    def __call__(self, part: Part, inputs: Inputs) -> Tensor:
        """Return what a part makes of its inputs."""
        made = self._clock.timed(part.name, lambda: self._runner(part, inputs))
        if part.name == "decoder":
            self._clock.picture = made.float().clamp(-1, 1)  # as diffusers gives it
        return made

    def prepare(self, part: Part, inputs: Inputs) -> None:
        """Prepare a part."""
        self._runner.prepare(part, inputs)


def _run(program: str, folder: Path, side: int) -> dict[str, float]:
    """Return what one program measures of itself."""
    torch.set_num_threads(_machine.threads())
    clock = Clock()
    sketch = _sketch(side)
    if program == "diffusers":
        paint = _diffusers(folder, sketch, clock)
    else:
        paint = _ours(program, folder, sketch, clock)
    started = time.clock_gettime(time.CLOCK_BOOTTIME) - _born()
    clock.seconds.clear()
    begin = time.perf_counter()
    paint()
    whole = time.perf_counter() - begin
    assert clock.picture is not None
    torch.save(clock.picture, folder / f"{program}.pt")
    means = {name: sum(each) / len(each) for name, each in clock.seconds.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"start": started, **means, "calls": len(clock.seconds["unet"])} | {
        "whole": whole,
        "peak": peak,
    }


def _born() -> float:
    """Return when this process began, in seconds since the machine did."""
    ticks = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19]
    return int(ticks) / 100


def _ours(program: str, folder: Path, sketch: Tensor, clock: Clock) -> Callable[[], None]:
    name, dtype = program.split("-")
    numbers = _machine.DTYPES[dtype]
    model = sd1.build(checkpoint.read(folder / "sd15.safetensors"), dtype=numbers)
    runner = OpenVino(dtype=numbers, folder=folder / "openvino") if name == "openvino" else None
    model.run_by(Timed(runner or torch_runner, clock))
    request = ImageRequest(
        prompt=PROMPT,
        negative=NEGATIVE,
        init=media.Image.of(sketch.numpy()),
        strength=0.7,
        steps=STEPS,
        guidance_scale=GUIDANCE,
        schedule="karras",
        width=len(sketch),
        height=len(sketch),
        seed=SEED,
        variation_seed=0,
        batch=1,
    )

    def paint() -> None:
        clock.timed("text", lambda: model.encode_text(PROMPT).tokens)
        assert any(isinstance(event, Finished) for event in image.generate(request, model))

    return paint


def _diffusers(folder: Path, sketch: Tensor, clock: Clock) -> Callable[[], None]:
    import diffusers  # noqa: PLC0415  where it counts for diffusers alone
    from transformers import CLIPTextModel  # noqa: PLC0415

    class SameNoise(diffusers.StableDiffusionImg2ImgPipeline):  # pyright: ignore[reportPrivateImportUsage]
        """Starts from the middle of what the autoencoder holds likely, and from our noise."""

        def prepare_latents(self, image: Tensor, timestep: Tensor, *_: object) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
            latent = self.vae.encode(image).latent_dist.mode() * self.vae.config.scaling_factor
            noise = torch.randn(latent.shape, generator=torch.Generator().manual_seed(SEED))
            return self.scheduler.add_noise(latent, noise, timestep)

    many = folder / "sd15-diffusers"
    pipeline = SameNoise(
        vae=diffusers.AutoencoderKL.from_pretrained(many / "vae"),  # pyright: ignore[reportPrivateImportUsage]
        text_encoder=CLIPTextModel.from_pretrained(many / "text_encoder"),
        tokenizer=None,  # pyright: ignore[reportArgumentType]
        unet=diffusers.UNet2DConditionModel.from_pretrained(many / "unet"),  # pyright: ignore[reportPrivateImportUsage]
        scheduler=diffusers.DPMSolverMultistepScheduler(  # pyright: ignore[reportArgumentType, reportPrivateImportUsage]
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            use_karras_sigmas=True,
            steps_offset=1,
        ),
        safety_checker=None,  # pyright: ignore[reportArgumentType]
        feature_extractor=None,  # pyright: ignore[reportArgumentType]
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    for name, module, method in (
        ("unet", pipeline.unet, "forward"),
        ("encoder", pipeline.vae, "encode"),
        ("decoder", pipeline.vae, "decode"),
        ("text", pipeline.text_encoder, "forward"),
    ):
        _time_method(clock, name, module, method)
    tokenizer = Tokenizer()

    def embedded(text: str) -> Tensor:
        [row] = tokenizer.rows(emphasis.parse(text))
        return pipeline.text_encoder(torch.tensor([row.ids]))[0]

    @torch.no_grad()
    def paint() -> None:
        clock.picture = (  # pyright: ignore[reportAttributeAccessIssue, reportOperatorIssue]
            pipeline(
                prompt_embeds=embedded(PROMPT),
                negative_prompt_embeds=embedded(NEGATIVE),
                image=sketch.permute(2, 0, 1)[None] / 255,
                strength=0.75,
                num_inference_steps=STEPS,
                guidance_scale=GUIDANCE,
                output_type="pt",
            ).images  # pyright: ignore[reportAttributeAccessIssue]
            * 2
            - 1
        )

    return paint


def _time_method(clock: Clock, name: str, module: nn.Module, method: str) -> None:
    own = getattr(module, method)
    setattr(module, method, lambda *args, **named: clock.timed(name, lambda: own(*args, **named)))


def _sketch(side: int) -> Tensor:
    """Return a yellow disc on white, (side, side, 3), 0..255."""
    steps = torch.linspace(-1, 1, side)
    disc = (steps[:, None] ** 2 + steps**2 < 0.3)[..., None]
    yellow, white = (torch.tensor(colour) for colour in ((240, 210, 60), (255, 255, 255)))
    return torch.where(disc, yellow, white).to(torch.uint8)


def _print(rows: dict[str, dict[str, float]], folder: Path) -> None:
    """Print the table; ratios and differences are to the first program."""
    first = next(iter(rows))
    wanted = torch.load(folder / f"{first}.pt")
    columns = ("start", "text", "encoder", "unet", "calls", "decoder", "whole", "peak")
    heads = ("start s", "text s", "encode s", "UNet s", "calls", "decode s", "whole s", "peak GiB")
    print(f"{'program':<18}" + "".join(f"{head:>10}" for head in heads) + "    faster  apart")
    for program, row in rows.items():
        found = torch.load(folder / f"{program}.pt")
        apart = float((found - wanted).norm() / wanted.norm())
        cells = "".join(f"{row.get(column, 0):>10.2f}" for column in columns)
        faster = rows[first]["whole"] / row["whole"]
        print(f"{program:<18}{cells}{faster:>9.2f}x{100 * apart:>6.1f}%")


if __name__ == "__main__":
    main()
