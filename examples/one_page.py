"""The whole idea of diffusion on one page: noise goes in, a picture comes out.

    python examples/one_page.py "a banana"             paints one_page.png
    python examples/one_page.py "a banana" doodle.png  starts from a sketch

A picture under noise of level sigma is

    x = x0 + sigma * noise

A network has learnt to tell, from x and sigma, what x0 may have been. It cannot see a picture in
pure noise, but it can guess, and a guess is a direction: one small step towards it leaves a little
less noise, in which the next guess is better. Twenty such steps paint a picture.
"""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

import underpaint
from underpaint import Image
from underpaint.diffusion.sigmas import karras
from underpaint.families._model import Model

STEPS = 20
GUIDANCE_SCALE = 5.0
STRENGTH = 0.7
SEED = 1


def denoiser(model: Model, prompt: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the function that guesses x0: (x, sigma) -> denoised.

    The network guesses twice, once with the prompt and once without; going on from the second
    guess through the first and beyond makes the prompt count (Ho and Salimans 2022).
    """
    estimates = model.estimates(model.encode_text(prompt), model.encode_text(""))

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        positive, negative = estimates(x, sigma)
        return negative + GUIDANCE_SCALE * (positive - negative)

    return denoise


def walk(denoise: Callable[[Tensor, Tensor], Tensor], x: Tensor, sigmas: Tensor) -> Tensor:
    """Walk x down the noise levels, the last of which is 0: Euler's method.

    (x - denoised) / sigma is the noise in x, as far as the network can tell; a step keeps it and
    shrinks its level.
    """
    for sigma, sigma_next in pairwise(sigmas):
        denoised = denoise(x, sigma)
        noise = (x - denoised) / float(sigma)
        x = denoised + float(sigma_next) * noise
    return x


def pixels(picture: Image, width: int, height: int) -> Tensor:
    """Return a picture as the network sees it, (1, 3, H, W), -1..1."""
    array = picture.rgb().resized(width, height).array()
    return torch.from_numpy(array).permute(2, 0, 1)[None] / 127.5 - 1


def main(prompt: str = "a banana", sketch: str = "", model_name: str = "mini") -> None:
    """Paint a picture and keep it in one_page.png."""
    model = underpaint.load(model_name)
    width, height = model.canvas(256, 256)

    # From the highest level, where there is nothing but noise, to 0; a sketch is a picture already,
    # so it starts lower down, under noise that leaves its outline.
    sigmas = karras(STEPS, model.clock)
    noise = torch.randn(
        1, *model.latent_shape(width, height), generator=torch.Generator().manual_seed(SEED)
    )
    x0 = torch.zeros_like(noise)
    if sketch:
        sigmas = sigmas[-1 - int(STRENGTH * STEPS) :]
        x0 = model.encode(pixels(Image.read(sketch), width, height))

    # The walk takes place in the latents of an autoencoder, far fewer numbers than the pixels.
    latent = walk(denoiser(model, prompt), x0 + float(sigmas[0]) * noise, sigmas)
    painted = model.decode(latent)[0].permute(1, 2, 0).clamp(-1, 1)
    levels = ((painted + 1) * 127.5).round().to(torch.uint8)
    Path("one_page.png").write_bytes(Image.of(levels.numpy()).png())
    print("one_page.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
