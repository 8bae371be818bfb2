"""A file's tensors become networks, part by part, in the dtype asked for and on nothing copied."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.families._marks import SD1_LATENT_SCALE
from underpaint.families._parts import AUTOENCODER, UNET, Parts, parts
from underpaint.weights import packed
from underpaint.weights.checkpoint import Weights

CLIP, OPEN_CLIP = "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."


def opened(weights: Weights, dtype: torch.dtype = torch.float32) -> Parts:
    return parts(weights, device="cpu", dtype=dtype)


@pytest.fixture(scope="module")
def whole(sdxl_weights: Weights) -> Parts:
    return opened(sdxl_weights)


def test_every_network_is_of_the_sizes_found(whole: Parts) -> None:
    assert whole.unet().params.context_width == 192
    assert whole.autoencoder().params.multipliers == (1, 1, 1, 2)
    assert (whole.clip(CLIP).params.layers, whole.clip(CLIP).params.width) == (3, 64)
    assert (whole.open_clip(OPEN_CLIP).params.layers, whole.open_clip(OPEN_CLIP).params.width) == (
        4,
        128,
    )


def test_features_may_be_taken_before_the_last_normalisation(whole: Parts) -> None:
    for read, prefix in ((whole.clip, CLIP), (whole.open_clip, OPEN_CLIP)):
        assert read(prefix).params.normalised
        assert not read(prefix, normalised=False).params.normalised


def test_networks_are_ready_to_work_and_do_not_learn(whole: Parts) -> None:
    for network in (whole.unet(), whole.autoencoder(), whole.clip(CLIP)):
        assert not network.training
        assert not any(weight.requires_grad for weight in network.parameters())


def test_weights_are_taken_not_copied(sdxl_weights: Weights) -> None:
    bias = opened(sdxl_weights).unet().get_parameter("out.2.bias")
    assert bias.data_ptr() == sdxl_weights.tensors[f"{UNET}out.2.bias"].data_ptr()


def test_in_16_bits_channels_lie_last(sdxl_weights: Weights) -> None:
    for dtype, last in ((torch.float32, False), (torch.bfloat16, True), (torch.float16, True)):
        found = opened(sdxl_weights, dtype)
        for network in (found.unet(), found.autoencoder()):
            weights = [
                each for each in network.parameters() if each.ndim == 4 and each.shape[2] > 1
            ]
            assert weights
            assert last == all(w.is_contiguous(memory_format=torch.channels_last) for w in weights)


def test_a_part_may_compute_in_another_dtype(sdxl_weights: Weights) -> None:
    half = opened(sdxl_weights, torch.float16)
    assert next(half.unet().parameters()).dtype == torch.float16
    assert next(half.autoencoder().parameters()).dtype == torch.float16
    assert next(half.autoencoder(torch.float32).parameters()).dtype == torch.float32


def test_packed_files_are_unpacked(sdxl_weights: Weights, whole: Parts) -> None:
    small = opened(replace(sdxl_weights, tensors=packed.pack(sdxl_weights.tensors)))
    name = "time_embed.0.weight"
    found, wanted = (each.unet().get_parameter(name) for each in (small, whole))
    assert found.dtype == torch.float32
    assert torch.allclose(found, wanted, atol=1e-2 * float(wanted.abs().max()))


def test_marks_come_from_the_metadata_and_the_family(sdxl_weights: Weights) -> None:
    assert opened(sdxl_weights).marks.latent_scale == SD1_LATENT_SCALE
    found = parts(sdxl_weights, device="cpu", dtype=torch.float32, latent_scale=0.5)
    assert found.marks.latent_scale == 0.5


Read = Callable[[Parts], object]


@pytest.mark.parametrize(
    ("read", "lost", "named"),
    [
        (lambda each: each.unet(), f"{UNET}out.0.bias", "(U-Net) lacks out.0.bias"),
        (lambda each: each.autoencoder(), f"{AUTOENCODER}quant_conv.bias", "(autoencoder) lacks"),
        (
            lambda each: each.clip(CLIP),
            f"{CLIP}text_model.final_layer_norm.bias",
            "(text encoder) lacks text_model.final_layer_norm.bias",
        ),
        (
            lambda each: each.open_clip(OPEN_CLIP),
            f"{OPEN_CLIP}transformer.resblocks.1.attn.in_proj_bias",
            "(OpenCLIP text encoder) lacks transformer.resblocks.1.attn.in_proj_bias",
        ),
    ],
)
def test_an_error_names_file_part_and_tensor(
    sdxl_weights: Weights, read: Read, lost: str, named: str
) -> None:
    kept: dict[str, Tensor] = {n: t for n, t in sdxl_weights.tensors.items() if n != lost}
    broken = replace(sdxl_weights, tensors=kept, path=Path("/models/odd.safetensors"))
    with pytest.raises(WeightsError) as caught:
        read(opened(broken))
    assert str(caught.value).startswith(f"'odd.safetensors' {named}")
