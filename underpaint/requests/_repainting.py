"""What an init picture and a mask can be treated like, as AUTOMATIC1111 names the ways."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Resize: TypeAlias = Literal["stretch", "crop", "fill", "latent"]
Content: TypeAlias = Literal["original", "fill", "noise", "nothing", "shaped"]

# Our ids and the labels of A1111's menus, in its order, and behind them what is only ours.
RESIZES: Mapping[Resize, str] = {
    "stretch": "Just resize",
    "crop": "Crop and resize",
    "fill": "Resize and fill",
    "latent": "Just resize (latent upscale)",
}
CONTENTS: Mapping[Content, str] = {
    "fill": "fill",
    "original": "original",
    "noise": "latent noise",
    "nothing": "latent nothing",
    "shaped": "shaped noise",
}
