"""Between pictures and tensors, and the mask that says which pixels may change."""

import numpy
import torch
from torch import Tensor, nn

from underpaint.errors import WeightsError
from underpaint.media import Image


def tensor(picture: Image) -> Tensor:
    """Return an RGB picture as the networks see it.

    Returns:
        (1, 3, H, W) float32, -1..1.
    """
    pixels = torch.from_numpy(picture.array()).permute(2, 0, 1)[None]
    return pixels.float() / 127.5 - 1


def sound(pixels: Tensor, name: str) -> Tensor:
    """Return the pixels that a model gave, which are numbers.

    Args:
        pixels: of any shape.
        name: of the model.

    Raises:
        WeightsError: there are infinities among them, or what is no number at all.
    """
    if not bool(torch.isfinite(pixels).all()):
        raise WeightsError(
            f"{name} painted numbers that are no picture; "
            "try float32, a lower guidance scale, or another sampler"
        )
    return pixels


def picture(pixels: Tensor) -> Image:
    """Return the pictures in a batch as one, side by side.

    Args:
        pixels: (B, 3, H, W); what lies outside -1..1 is cut off.
    """
    levels = ((pixels.detach().float().cpu().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    row = torch.cat(levels.permute(0, 2, 3, 1).unbind(), dim=1)  # (H, B * W, 3)
    return Image.of(row.contiguous().numpy())


def fitted(mask: Image, width: int, height: int) -> Image:
    """Return a grey mask of this size: 255 = repaint, 0 = keep.

    Lanczos would ring and lay a faint halo where nothing is to change; the triangle used here
    makes no pixel change whose surroundings do not.
    """
    grey = mask.grey()
    if (grey.width, grey.height) == (width, height):
        return grey
    levels = torch.from_numpy(grey.array())[None, None].float()
    levels = nn.functional.interpolate(levels, (height, width), mode="bilinear", antialias=True)
    return Image.of(levels[0, 0].round().to(torch.uint8).numpy())


def resized_as_tile(picture: Image, width: int, height: int) -> Image:
    """Return a picture at a size at which it tiles if it did before: edges see the opposite ones.

    Args:
        picture: of any size.
        width: wanted, in pixels.
        height: wanted.
    """
    if (width, height) == (picture.width, picture.height):
        return picture
    levels = picture.array()
    around = ((picture.height,) * 2, (picture.width,) * 2, (0, 0))
    wide = Image.of(numpy.pad(levels, around[: levels.ndim], "wrap"))
    middle = wide.resized(3 * width, 3 * height).array()
    return Image.of(middle[height : 2 * height, width : 2 * width])


def inverted(mask: Image) -> Image:
    """Return a grey mask that repaints what this one keeps."""
    return Image.of(255 - mask.array())


def shares(mask: Image) -> Tensor:
    """Return how far to repaint each pixel.

    Args:
        mask: grey, 0 = keep.

    Returns:
        (1, 1, H, W) float32, 0..1.
    """
    return torch.from_numpy(mask.array())[None, None].float() / 255


def cells(mask: Image, height: int, width: int) -> Tensor:
    """Return which cells of a latent to repaint: those with any pixel to repaint in them.

    Args:
        mask: grey, 0 = keep.
        height: of the latent.
        width: of the latent.

    Returns:
        (1, 1, height, width) float32, 0 or 1.
    """
    touched = torch.from_numpy(mask.array() > 0)[None, None].float()
    return nn.functional.adaptive_max_pool2d(touched, (height, width))


def pasted(known: Image, painted: Image, mask: Image) -> Image:
    """Return the known picture, and the painted one where the mask is white.

    Args:
        known: RGB; where the mask is 0 its bytes are the answer's.
        painted: RGB, as large.
        mask: grey, as large; between 0 and 255 the pictures blend.
    """
    share = mask.array().astype(numpy.uint32)[..., None]
    mixed = known.array() * (255 - share) + painted.array() * share
    return Image.of(((mixed + 127) // 255).astype(numpy.uint8))
