"""Teaching an autoencoder: squeeze a picture into a latent, unfold it, compare."""

import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint.media import Image
from underpaint.networks.vae import Autoencoder
from underpaint.training.architecture import Networks
from underpaint.training.dataset import PictureSet
from underpaint.training.grid import grid

__all__ = ["Reconstruction", "divergence", "edges"]

EDGES = 0.5
DIVERGENCE = 1e-4
"""Weights of the edge term and of the KL term beside the mean absolute error."""

SHOWN = 8
MEASURED = 256


class Reconstruction:
    """The first stage of Rombach et al. 2022, arXiv:2112.10752, section 3.1, without a critic.

    Mean absolute error, plus that of edges at three scales (which keeps lines sharp without the
    perceptual network of the paper), plus a little Kullback-Leibler divergence, which keeps the
    latents near a unit normal and so easy to denoise.
    """

    name = "reconstructions"

    def __init__(self, networks: Networks, pictures: PictureSet, *, flip: bool) -> None:
        """Put the lesson together.

        Args:
            networks: "vae", on the run's device.
            pictures: what to reconstruct.
            flip: mirror half of them.
        """
        vae = networks["vae"]
        assert isinstance(vae, Autoencoder)
        self.networks, self.vae, self.pictures, self.flip = networks, vae, pictures, flip
        self.device = next(vae.parameters()).device

    def __len__(self) -> int:
        """Return how many pictures there are to learn from."""
        return len(self.pictures)

    def loss(self, indices: Tensor, chance: torch.Generator) -> Tensor:
        """Return the mean loss of a batch; see `Lesson`."""
        pixels = self.pictures.batch(indices, self.device)
        pixels = mirrored(pixels, chance) if self.flip else pixels
        mean, log_variance = (part.float() for part in self.vae.encode(pixels))
        noise = torch.randn(mean.shape, generator=chance).to(self.device)
        painted = self.vae.decode(mean + (log_variance / 2).exp() * noise).float()
        return (
            F.l1_loss(painted, pixels)
            + EDGES * edges(painted - pixels)
            + DIVERGENCE * divergence(mean, log_variance)
        )

    @torch.no_grad()
    def picture(self) -> Image:
        """Show pictures above what the latent kept of them; see `Lesson`."""
        count = min(SHOWN, len(self))
        pixels = self.pictures.batch(torch.arange(count) * (len(self) // count), self.device)
        painted = self.vae.decode(self.vae.encode(pixels)[0])
        return grid(torch.cat([pixels, painted.float()]), columns=count)

    @torch.no_grad()
    def latent_scale(self) -> float:
        """Return what makes the latents' spread 1: 1 / std over pictures spread over the data."""
        count = min(MEASURED, len(self))
        total, squares, numbers = 0.0, 0.0, 0
        for chosen in (torch.arange(count) * (len(self) // count)).split(SHOWN):
            mean = self.vae.encode(self.pictures.batch(chosen, self.device))[0].double()
            total, squares = total + float(mean.sum()), squares + float(mean.square().sum())
            numbers += mean.numel()
        return (squares / numbers - (total / numbers) ** 2) ** -0.5


def mirrored(pixels: Tensor, chance: torch.Generator) -> Tensor:
    """Return pictures (B, 3, H, W), each mirrored with a chance of one half."""
    turn = (torch.rand(len(pixels), generator=chance) < 0.5).to(pixels.device)
    return torch.where(turn[:, None, None, None], pixels.flip(-1), pixels)


def edges(error: Tensor) -> Tensor:
    """Return the mean absolute slope of an error picture at full, half and quarter size.

    Args:
        error: painted minus real, (B, 3, H, W); H and W at least 8.
    """
    total = error.new_zeros(())
    for level in range(3):
        smaller = F.avg_pool2d(error, 2**level) if level else error
        total = total + smaller.diff(dim=2).abs().mean() + smaller.diff(dim=3).abs().mean()
    return total / 3


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the mean KL divergence of each latent number from a unit normal.

    Kingma and Welling 2014, arXiv:1312.6114, appendix B.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
