"""Networks that wear adapters: near what is computed by hand, and afterwards the same bits."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from underpaint.errors import WeightsError
from underpaint.families import sdxl, tiny
from underpaint.families._adapted import Wardrobe, Worn
from underpaint.families._stable import StableDiffusion
from underpaint.weights import adapters, checkpoint
from underpaint.weights.checkpoint import Weights

QUERY = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"
TEXT = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"


class Small(nn.Module):
    """A network with one matrix, named as in a U-Net."""

    def __init__(self) -> None:
        super().__init__()
        self.middle_block = nn.ModuleList([nn.Identity(), nn.Module()])
        self.middle_block[1].add_module("proj_in", nn.Linear(6, 8))

    @property
    def matrix(self) -> nn.Parameter:
        """Its only matrix."""
        return self.get_parameter("middle_block.1.proj_in.weight")


@pytest.fixture
def small() -> Small:
    torch.manual_seed(0)
    return Small()


def lora(folder: Path, name: str = "ink", *, seed: int = 1, size: float = 0.1) -> Path:
    """Write an adapter of the small network."""
    chance = torch.Generator().manual_seed(seed)
    factors = {
        "lora_unet_mid_block_attentions_0_proj_in.lora_up.weight": (8, 2),
        "lora_unet_mid_block_attentions_0_proj_in.lora_down.weight": (2, 6),
    }
    drawn = {key: size * torch.randn(shape, generator=chance) for key, shape in factors.items()}
    return saved(folder / f"{name}.safetensors", drawn)


def saved(path: Path, tensors: Mapping[str, Tensor]) -> Path:
    checkpoint.save(path, tensors, {})
    return path


def delta(path: Path) -> Tensor:
    up, down = (
        checkpoint.read(path).tensors[
            f"lora_unet_mid_block_attentions_0_proj_in.lora_{side}.weight"
        ]
        for side in ("up", "down")
    )
    return up @ down


def bits(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def test_on_and_off_a_hundred_times_is_the_same_to_the_bit(small: Small, tmp_path: Path) -> None:
    own, places = bits(small), [parameter.data_ptr() for parameter in small.parameters()]
    wardrobe = Wardrobe({"unet": small})
    paths = [lora(tmp_path, f"ink{seed}", seed=seed) for seed in range(3)]
    for turn in range(100):
        with wardrobe.wearing((Worn.of(paths[turn % 3], unet=turn / 10),)):
            assert turn == 0 or not same(own, bits(small))
        assert same(own, bits(small))
    assert places == [parameter.data_ptr() for parameter in small.parameters()]


def test_adapters_add_up_by_their_weights(small: Small, tmp_path: Path) -> None:
    one, other = (lora(tmp_path, name, seed=seed) for seed, name in enumerate(("ink", "oil")))
    weight = small.matrix
    wanted = weight + 0.5 * delta(one) - 2 * delta(other)
    with Wardrobe({"unet": small}).wearing((Worn.of(one, unet=0.5), Worn.of(other, unet=-2.0))):
        assert (weight - wanted).abs().max() <= 1e-6


def test_equal_adapters_are_merged_once(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    read = adapters.read
    monkeypatch.setattr(adapters, "read", lambda path: asked.append(path) or read(path))
    wardrobe, path = Wardrobe({"unet": small}), lora(tmp_path)
    weight = small.matrix
    places: set[int] = set()
    for worn in (Worn.of(path), None, Worn.of(path)):
        with wardrobe.wearing((worn,) if worn else ()):
            places.add(weight.data_ptr())
    assert len(asked) == 1
    assert len(places) == 2
    lora(tmp_path, seed=5)
    os.utime(path, ns=(1, 1))
    with wardrobe.wearing((Worn.of(path),)):
        assert len(asked) == 2


def test_an_error_inside_takes_them_off(small: Small, tmp_path: Path) -> None:
    own = bits(small)
    with pytest.raises(KeyError), Wardrobe({"unet": small}).wearing((Worn.of(lora(tmp_path)),)):
        raise KeyError
    assert same(own, bits(small))


def test_what_is_not_acceptable_changes_nothing(small: Small, tmp_path: Path) -> None:
    own, wardrobe = bits(small), Wardrobe({"unet": small})
    large = lora(tmp_path, size=1e30)
    with pytest.raises(WeightsError, match="not finite"), wardrobe.wearing((Worn.of(large),)):
        pass
    alien = saved(tmp_path / "te.safetensors", {f"{TEXT}.lora_up.weight": torch.ones(2, 2)})
    with pytest.raises(WeightsError, match="no place for"), wardrobe.wearing((Worn.of(alien),)):
        pass
    with pytest.raises(WeightsError, match="cannot read"):
        Worn.of(tmp_path / "none.safetensors")
    assert same(own, bits(small))


def test_few_digits_are_rounded_once_and_layouts_stay(small: Small, tmp_path: Path) -> None:
    small = small.bfloat16()
    parameter = small.matrix
    parameter.data = parameter.data.T.contiguous().T
    path = lora(tmp_path)
    wanted = (parameter.float() + delta(path)).bfloat16()
    strides = parameter.stride()
    with Wardrobe({"unet": small}).wearing((Worn.of(path),)):
        assert torch.equal(parameter, wanted)
        assert parameter.stride() == strides


def test_a_third_of_a_fused_matrix_changes_alone(tmp_path: Path, sdxl_weights: Weights) -> None:
    model = sdxl.build(sdxl_weights)
    assert isinstance(model, StableDiffusion)
    chance = torch.Generator().manual_seed(3)
    place = "lora_te2_text_model_encoder_layers_1_self_attn_v_proj"
    up, down = (torch.randn(shape, generator=chance) for shape in ((128, 2), (2, 128)))
    path = saved(
        tmp_path / "ink.safetensors",
        {f"{place}.lora_up.weight": up, f"{place}.lora_down.weight": down},
    )
    network = model.readers[1].network
    assert isinstance(network, nn.Module)
    before = bits(network)
    fused = "transformer.resblocks.1.attn.in_proj_weight"
    with model.adapted((Worn.of(path, text=0.5),)):
        after = bits(network)
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed == [fused]
    wanted = before[fused].clone()
    wanted[256:] += 0.5 * (up @ down)
    assert (after[fused] - wanted).abs().max() <= 1e-6 * wanted.abs().max()
    assert same(before, bits(network))


def test_text_encoder_and_unet_have_weights_of_their_own(tmp_path: Path) -> None:
    model = tiny.build(tiny.weights())
    width = model.encode_text("").tokens.shape[-1]
    size = tiny.UNET.channels
    path = saved(
        tmp_path / "ink.safetensors",
        {
            f"{QUERY}.lora_up.weight": torch.ones(size * tiny.UNET.multipliers[-1], 1),
            f"{QUERY}.lora_down.weight": torch.ones(1, size * tiny.UNET.multipliers[-1]),
            f"{TEXT}.lora_up.weight": torch.ones(width, 1),
            f"{TEXT}.lora_down.weight": torch.ones(1, width),
        },
    )
    x, sigma = torch.ones(1, 4, 8, 8), torch.tensor(2.0)
    plain = model.encode_text("a fox")
    painted = model.estimates(plain)(x, sigma)[0]
    found: list[tuple[bool, bool]] = []
    for weights in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)):
        with model.adapted((Worn.of(path, *weights),)):
            told = model.encode_text("a fox").tokens
            found.append(
                (
                    torch.equal(told, plain.tokens),
                    torch.equal(model.estimates(plain)(x, sigma)[0], painted),
                )
            )
    assert found == [(False, True), (True, False), (True, True)]
