"""Make a trained model small enough to ship: half precision, whole-number codes, a thin table.

    python scripts/pack_model.py runs/mini/mini.safetensors underpaint/models/mini/mini.safetensors

Matrices of the denoiser and the text encoder become int8 with a scale for each row; the token
table becomes the product it was made as; the autoencoder stays in float16, unless `--autoencoder
int8` is said, which a model of 28 MB with a larger one needs.
"""

import argparse
from pathlib import Path

from torch import Tensor

from underpaint.weights.checkpoint import read, save
from underpaint.weights.packed import Packing, matrices, pack

TOKEN_RANK = 96


def main() -> None:
    """Pack one file into another and print both sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("trained", type=Path)
    parser.add_argument("packed", type=Path)
    parser.add_argument("--autoencoder", choices=("float16", "int8"), default="float16")
    options = parser.parse_args()

    trained = read(options.trained)
    rule = _rule if options.autoencoder == "float16" else _rule_for_all
    tensors = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in pack(trained.tensors, rule).items()
    }
    save(options.packed, tensors, trained.metadata)
    for path in (options.trained, options.packed):
        print(f"{path.stat().st_size / 1e6:8.2f} MB  {path}")


def _rule(name: str, tensor: Tensor) -> Packing | None:
    return None if name.startswith("first_stage_model.") else _rule_for_all(name, tensor)


def _rule_for_all(name: str, tensor: Tensor) -> Packing | None:
    if name.endswith("token_embedding.weight"):
        return Packing(rank=TOKEN_RANK)
    return matrices(name, tensor)


if __name__ == "__main__":
    main()
