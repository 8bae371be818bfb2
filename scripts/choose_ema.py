"""Give a trained model the running mean of another length, from what its run kept on the way.

    python scripts/choose_ema.py runs/mini_next 0.08 chosen.safetensors

The run must have kept means: `underpaint train ... --snapshot-every STEPS`.
"""

import argparse
from pathlib import Path

from underpaint.training.posthoc import chosen
from underpaint.weights.checkpoint import read, save


def main() -> None:
    """Write the model of a run anew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("length", type=float, help="sigma_rel, such as 0.08")
    parser.add_argument("model", type=Path, help="file to write")
    options = parser.parse_args()

    whole = read(options.run / f"{options.run.name}.safetensors")
    mean = chosen(options.run, options.length)
    remarks = dict(whole.metadata) | {"underpaint.ema_length": str(options.length)}
    save(options.model, dict(whole.tensors) | mean, remarks)
    print(f"{len(mean)} tensors are means of length {options.length}: {options.model}")


if __name__ == "__main__":
    main()
