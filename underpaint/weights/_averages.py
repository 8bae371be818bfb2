"""Running averages of the weights, which training programs keep beside the weights themselves.

CompVis's programs write the average of `model.diffusion_model.input_blocks.0.0.weight` as
`model_ema.diffusion_modelinput_blocks00weight`, without a dot, so the dots have to be found again.
A file may hold the weights, their averages, or both; where it has the weights, they are what
AUTOMATIC1111 paints with, and what is painted with here. Imports no torch.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["PREFIX", "Chosen", "chosen", "dotted"]

PREFIX = "model_ema."

_WHOLE = "model.diffusion_model."

# Words that a U-Net's names are made of. The places that follow some of them are one digit each,
# but for the first after input_blocks and output_blocks.
_WORDS = re.compile(
    r"(?P<blocks>input_blocks|output_blocks)(?P<block>\d+)(?P<place>\d)"
    r"|(?P<label>label_emb)(?P<first>\d)(?P<second>\d)"
    r"|(?P<counted>time_embed|middle_block|in_layers|out_layers|emb_layers|transformer_blocks"
    r"|to_out|net|out)(?P<number>\d)"
    r"|(?P<word>diffusion_model|skip_connection|proj_in|proj_out|attn[12]|norm[123]|to_[qkv]|norm"
    r"|proj|conv|op|ff|label_emb|weight|bias)"
)


class Chosen(NamedTuple):
    """Which of a file's tensors are wanted.

    Attributes:
        names: by the name that networks know, the name in the file.
        averages: what became of averages: "used", "left out", or "" where there are none.
    """

    names: dict[str, str]
    averages: str


def chosen(names: Iterable[str]) -> Chosen:
    """Return the tensors to take from a file: its weights, or their averages if it has only those.

    Args:
        names: of all its tensors.
    """
    every = list(names)
    plain = {name: name for name in every if not name.startswith(PREFIX)}
    if len(plain) == len(every):
        return Chosen(plain, "")
    averages = {dotted(name): name for name in every if name.startswith(PREFIX)}
    found = {f"model.{mean}": name for mean, name in averages.items() if mean}
    if not found or any(name.startswith(_WHOLE) for name in plain):
        return Chosen(plain, "left out")
    return Chosen(plain | found, "used")


def dotted(name: str) -> str | None:
    """Return the name of the tensor that an average is of, below "model."; None if it is of none.

    Args:
        name: in the file, such as "model_ema.diffusion_modelout2bias".
    """
    rest, parts = name.removeprefix(PREFIX).replace(".", ""), list[str]()
    while rest:
        match = _WORDS.match(rest)
        if match is None:
            return None
        parts += [part for part in match.groups() if part]
        rest = rest[match.end() :]
    return ".".join(parts)
