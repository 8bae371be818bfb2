"""Adapters in files: names of three programs, and products written out by hand."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.weights import adapters, checkpoint
from underpaint.weights._lazy import Promise
from underpaint.weights.adapters import Change

KOHYA, LDM = "lora_unet_mid_block_attentions_0_proj_in", "lora_unet_middle_block_1_proj_in"
PLACE = "unet", "mid_block_attentions_0_proj_in"
UNET = {
    "input_blocks.0.0.weight": (8, 4, 3, 3),
    "middle_block.1.proj_in.weight": (8, 6, 1, 1),
    "middle_block.1.transformer_blocks.0.attn1.to_q.weight": (8, 6),
    "middle_block.1.transformer_blocks.0.attn1.to_out.0.weight": (8, 6),
    "middle_block.0.in_layers.2.weight": (8, 6, 3, 3),
    "middle_block.0.in_layers.2.bias": (8,),
}
CLIP = {
    "text_model.embeddings.token_embedding.weight": (9, 6),
    "text_model.encoder.layers.0.self_attn.q_proj.weight": (6, 6),
}
OPEN_CLIP = {
    "token_embedding.weight": (9, 6),
    "transformer.resblocks.0.ln_1.weight": (6,),
    "transformer.resblocks.0.attn.in_proj_weight": (18, 6),
    "transformer.resblocks.0.attn.in_proj_bias": (18,),
    "transformer.resblocks.0.mlp.c_fc.weight": (24, 6),
}
NETWORKS = {"unet": UNET, "text_encoder": CLIP, "text_encoder_2": OPEN_CLIP}


def drawn(**shapes: tuple[int, ...]) -> dict[str, Tensor]:
    chance = torch.Generator().manual_seed(len(shapes))
    return {name: torch.randn(shape, generator=chance) for name, shape in shapes.items()}


def written(
    folder: Path,
    tensors: Mapping[str, Tensor],
    remarks: Mapping[str, str] | None = None,
) -> Path:
    path = folder / "ink.safetensors"
    checkpoint.save(path, tensors, remarks or {})
    return path


def only(folder: Path, place: str, factors: Mapping[str, Tensor]) -> Change:
    """Return the one change in a file that holds these factors of a place."""
    path = written(folder, {f"{place}.{name}": tensor for name, tensor in factors.items()})
    (change,) = adapters.read(path).changes.values()
    return change


def near(found: Tensor, wanted: Tensor) -> bool:
    return found.shape == wanted.shape and bool(
        ((found - wanted).abs().max() <= 1e-6 * wanted.abs().max()).item()
    )


def test_lora_is_a_product_times_alpha_over_rank(tmp_path: Path) -> None:
    factors = drawn(up=(8, 2), down=(2, 6))
    named = {"lora_up.weight": factors["up"], "lora_down.weight": factors["down"]}
    change = only(tmp_path, KOHYA, {**named, "alpha": torch.tensor(0.5)})
    wanted = [
        [0.25 * sum(factors["up"][o, r] * factors["down"][r, i] for r in (0, 1)) for i in range(6)]
        for o in range(8)
    ]
    assert near(change.delta((8, 6)), torch.tensor(wanted))
    assert near(change.delta((8, 6, 1, 1)), torch.tensor(wanted)[..., None, None])
    assert near(only(tmp_path, KOHYA, named).delta((8, 6)), 4 * torch.tensor(wanted))


@pytest.mark.parametrize("side", ["rows", "columns", "peft"])
def test_a_dora_turns_a_matrix_and_sets_its_lengths(tmp_path: Path, side: str) -> None:
    factors = drawn(up=(8, 2), down=(2, 6), own=(8, 6), rows=(8, 1), columns=(1, 6))
    peft = side == "peft"
    names = ("lora_B.weight", "lora_A.weight") if peft else ("lora_up.weight", "lora_down.weight")
    lengths = factors["columns" if side == "columns" else "rows"].abs()
    named = {names[0]: factors["up"], names[1]: factors["down"]}
    named |= {"lora_magnitude_vector": lengths[:, 0]} if peft else {"dora_scale": lengths}
    change = only(tmp_path, "unet.mid_block.attentions.0.proj_in" if peft else KOHYA, named)

    turned = factors["own"] + factors["up"] @ factors["down"]
    wanted = torch.empty(8, 6)
    for o in range(8):
        for i in range(6):
            line = turned[:, i] if side == "columns" else turned[o]
            length = lengths[0, i] if side == "columns" else lengths[o, 0]
            wanted[o, i] = length * turned[o, i] / sum(x * x for x in line) ** 0.5
    assert torch.allclose(factors["own"] + change.on(factors["own"]), wanted, atol=1e-5)
    assert change.fits((8, 6))
    assert not change.fits((6, 8))


def test_lora_of_a_convolution(tmp_path: Path) -> None:
    """The picture through down and up, one convolution after the other, is that through delta."""
    factors = drawn(up=(8, 2, 1, 1), down=(2, 6, 3, 3), mid=(2, 2, 3, 3), flat=(2, 6, 1, 1))
    x = torch.randn(1, 6, 5, 5, generator=torch.Generator().manual_seed(9))
    conv = torch.nn.functional.conv2d
    plain = {"lora_up.weight": factors["up"], "lora_down.weight": factors["down"]}
    found = conv(x, only(tmp_path, KOHYA, plain).delta((8, 6, 3, 3)))
    assert torch.allclose(found, conv(conv(x, factors["down"]), factors["up"]), atol=1e-4)

    tucker = plain | {"lora_down.weight": factors["flat"], "lora_mid.weight": factors["mid"]}
    found = conv(x, only(tmp_path, KOHYA, tucker).delta((8, 6, 3, 3)))
    wanted = conv(conv(conv(x, factors["flat"]), factors["mid"]), factors["up"])
    assert torch.allclose(found, wanted, atol=1e-4)


def test_loha_is_two_products_multiplied(tmp_path: Path) -> None:
    factors = drawn(hada_w1_a=(8, 2), hada_w1_b=(2, 6), hada_w2_a=(8, 2), hada_w2_b=(2, 6))
    change = only(tmp_path, KOHYA, {**factors, "alpha": torch.tensor(3.0)})
    one, two = (
        torch.tensor(
            [
                [
                    sum(
                        factors[f"hada_w{n}_a"][o, r] * factors[f"hada_w{n}_b"][r, i]
                        for r in (0, 1)
                    )
                    for i in range(6)
                ]
                for o in range(8)
            ]
        )
        for n in (1, 2)
    )
    assert near(change.delta((8, 6)), 1.5 * one * two)


def test_loha_with_kernels(tmp_path: Path) -> None:
    names = {f"hada_w{n}_{side}": (2, size) for n in (1, 2) for side, size in (("a", 8), ("b", 6))}
    factors = drawn(**names, hada_t1=(2, 2, 3, 3), hada_t2=(2, 2, 3, 3))
    one, two = torch.zeros(2, 8, 6, 3, 3)
    for n, whole in ((1, one), (2, two)):
        for r in range(2):
            for s in range(2):
                a, b = factors[f"hada_w{n}_a"][r], factors[f"hada_w{n}_b"][s]
                kernel = factors[f"hada_t{n}"][r, s]
                whole.add_(a[:, None, None, None] * b[:, None, None] * kernel)
    assert near(only(tmp_path, KOHYA, factors).delta((8, 6, 3, 3)), one * two)


@pytest.mark.parametrize("whole", [(), (1,), (2,), (1, 2)])
def test_lokr_is_a_product_of_blocks(tmp_path: Path, whole: tuple[int, ...]) -> None:
    """Alpha counts only where there is a rank that it can be divided by."""
    factors: dict[str, Tensor] = {}
    for n, (rows, columns) in ((1, (4, 2)), (2, (2, 3))):
        made = drawn(a=(rows, 2), b=(2, columns), whole=(rows, columns))
        if n in whole:
            factors[f"lokr_w{n}"] = made["whole"]
        else:
            factors |= {f"lokr_w{n}_a": made["a"], f"lokr_w{n}_b": made["b"]}
    one, two = (
        factors[f"lokr_w{n}"] if n in whole else factors[f"lokr_w{n}_a"] @ factors[f"lokr_w{n}_b"]
        for n in (1, 2)
    )
    wanted = torch.zeros(8, 6)
    for row in range(8):
        for column in range(6):
            wanted[row, column] = one[row // 2, column // 3] * two[row % 2, column % 3]
    change = only(tmp_path, KOHYA, {**factors, "alpha": torch.tensor(1.0)})
    assert near(change.delta((8, 6)), wanted * (1.0 if len(whole) == 2 else 0.5))


def test_lokr_of_a_convolution(tmp_path: Path) -> None:
    factors = drawn(lokr_w1=(4, 2), lokr_w2=(2, 3, 3, 3))
    wanted = torch.kron(factors["lokr_w1"][:, :, None, None], factors["lokr_w2"])
    assert near(only(tmp_path, KOHYA, factors).delta((8, 6, 3, 3)), wanted)
    flat = {"lokr_w1": factors["lokr_w1"], "lokr_w2_a": torch.eye(2)}
    flat["lokr_w2_b"] = factors["lokr_w2"].flatten(1)
    assert near(only(tmp_path, KOHYA, flat).delta((8, 6, 3, 3)), wanted)


@pytest.mark.parametrize(
    ("key", "tensor"),
    [
        (f"{KOHYA}.lora_XX.weight", "middle_block.1.proj_in.weight"),
        (f"{LDM}.lora_XX.weight", "middle_block.1.proj_in.weight"),
        ("unet.mid_block.attentions.0.proj_in.lora_YY.weight", "middle_block.1.proj_in.weight"),
        (
            "unet.mid_block.attentions.0.proj_in.lora_YY.default.weight",
            "middle_block.1.proj_in.weight",
        ),
        (
            "base_model.model.mid_block.attentions.0.proj_in.lora_YY.weight",
            "middle_block.1.proj_in.weight",
        ),
        ("unet.mid_block.attentions.0.proj_in.lora.XX.weight", "middle_block.1.proj_in.weight"),
        (
            "unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.XX.weight",
            "middle_block.1.transformer_blocks.0.attn1.to_q.weight",
        ),
        (
            "unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.XX.weight",
            "middle_block.1.transformer_blocks.0.attn1.to_out.0.weight",
        ),
    ],
)
def test_a_place_of_the_unet_by_any_name(tmp_path: Path, key: str, tensor: str) -> None:
    factors = drawn(up=(8, 2), down=(2, 6))
    sides = {"up": "B", "down": "A"}
    path = written(
        tmp_path,
        {
            key.replace("XX", side).replace("YY", sides[side]): factor
            for side, factor in factors.items()
        },
    )
    found = adapters.fitted(adapters.read(path), NETWORKS)
    assert list(found) == [("unet", tensor)]


@pytest.mark.parametrize(
    "key",
    [
        "lora_te2_text_model_encoder_layers_0_self_attn_k_proj.lora_{}.weight",
        "text_encoder_2.text_model.encoder.layers.0.self_attn.k_proj.lora_linear_layer.{}.weight",
    ],
)
def test_a_third_of_a_fused_matrix(tmp_path: Path, key: str) -> None:
    factors = drawn(up=(6, 2), down=(2, 6))
    path = written(tmp_path, {key.format(side): factor for side, factor in factors.items()})
    found = adapters.fitted(adapters.read(path), NETWORKS)
    (piece,) = found["text_encoder_2", "transformer.resblocks.0.attn.in_proj_weight"]
    assert piece.rows == slice(6, 12)


@pytest.mark.parametrize("start", ["lora_te_", "lora_te1_", "text_encoder."])
def test_the_first_text_encoder(tmp_path: Path, start: str) -> None:
    place = f"{start}text_model.encoder.layers.0.self_attn.q_proj"
    place = place if start.endswith(".") else place.replace(".", "_")
    factors = drawn(up=(6, 2), down=(2, 6))
    named = {f"{place}.lora_{side}.weight": factor for side, factor in factors.items()}
    found = adapters.fitted(adapters.read(written(tmp_path, named)), NETWORKS)
    assert list(found) == [("text_encoder", "text_model.encoder.layers.0.self_attn.q_proj.weight")]


def test_alpha_in_the_remarks_of_peft(tmp_path: Path) -> None:
    place = "unet.mid_block.attentions.0.proj_in"
    factors = drawn(up=(8, 2), down=(2, 6))
    named = {f"{place}.lora_B.weight": factors["up"], f"{place}.lora_A.weight": factors["down"]}

    def change(**told: object) -> Change:
        remarks = {f"unet.{key}": value for key, value in told.items()}
        path = written(tmp_path, named, {"lora_adapter_metadata": json.dumps(remarks)})
        return adapters.read(path).changes[PLACE]

    wanted = factors["up"] @ factors["down"]
    assert near(change(r=2, lora_alpha=8).delta((8, 6)), 4 * wanted)
    assert near(change(r=2).delta((8, 6)), wanted)
    for told in ({"alpha_pattern": {"a": 1}}, {"use_rslora": True}, {"lora_alpha": "much"}):
        with pytest.raises(WeightsError, match="remarks"):
            change(**told)


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    factors = drawn(up=(8, 2), down=(2, 5))
    named = {
        f"{place}.lora_{side}.weight": factor
        for place in (KOHYA, *(f"lora_te2_nowhere_{n}" for n in range(5)))
        for side, factor in factors.items()
    }
    path = written(tmp_path, named)
    faults = (
        "adapter 'ink' is not made for this model: there is no place for text_encoder_2 "
        "nowhere_0, text_encoder_2 nowhere_1, text_encoder_2 nowhere_2 and 2 more; of another "
        "shape is unet mid_block_attentions_0_proj_in, not [8, 6, 1, 1]"
    )
    with pytest.raises(WeightsError, match=re.escape(faults)):
        adapters.fitted(adapters.read(path), NETWORKS)


@pytest.mark.parametrize(
    "shapes",
    [
        {"lora_up": (8, 2)},
        {"lora_up": (8, 2), "lora_down": (3, 6)},
        {"lora_up": (6, 2), "lora_down": (2, 8)},
        {"lora_up": (8,), "lora_down": (2, 6)},
        {"lora_up": (8, 2), "lora_down": ()},
        {"lora_up": (8, 2), "lora_down": (2, 6), "alpha": (2,)},
        {"lora_up": (8, 2), "lora_down": (2, 6), "lokr_w1": (2, 2)},
        {"alpha": ()},
        {"hada_w1_a": (8, 2), "hada_w1_b": (2, 6), "hada_w2_a": (1, 2), "hada_w2_b": (2, 6)},
        {"lokr_w1": (4, 2), "lokr_w2": (3, 3)},
        {"lokr_w1": (99_999, 99_999), "lokr_w2": (2, 3)},
        {"lora_up": (8, 2), "lora_down": (2, 6), "lora_mid": (2, 3, 1, 1)},
    ],
)
def test_factors_that_do_not_fit_each_other(shapes: Mapping[str, tuple[int, ...]]) -> None:
    hollow = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    promised = {
        name: Promise(torch.float32, tuple(tensor.shape), lambda: torch.empty(0))
        for name, tensor in hollow.items()
    }
    assert not Change(promised).fits((8, 6))


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (f"{KOHYA}.on_input", "of no adapter; it must be LoRA, LoHa or LoKr"),
        ("cond_stage_model.transformer.x", "of no adapter"),
        ("lora_up.weight", "of no adapter"),
    ],
)
def test_what_is_not_added_is_told(tmp_path: Path, key: str, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason):
        adapters.read(written(tmp_path, {key: torch.ones(1)}))


def test_a_place_is_changed_once(tmp_path: Path) -> None:
    keys = (f"{KOHYA}.lora_up.weight", "unet.mid_block.attentions.0.proj_in.lora_B.weight")
    with pytest.raises(WeightsError, match="says twice"):
        adapters.read(written(tmp_path, {key: torch.ones(1) for key in keys}))
    with pytest.raises(WeightsError, match="nothing in it"):
        adapters.read(written(tmp_path, {}))
