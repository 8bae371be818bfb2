"""What a picture's prompts say, call by call: every part of the prompt language in its turn.

Comments go ("# ..." to the end of the line), chance chooses (`wildcards`), tags are taken out
(`tags`), AND divides (`composition`), each part becomes stages (`editing`). The texts that are left
hold brackets of emphasis and BREAK, which the text encoders' readers understand (`emphasis`). In
the negative prompt AND and tags are text, as in AUTOMATIC1111.
"""

import re
from typing import NamedTuple

from underpaint.prompt._limits import bounded
from underpaint.prompt.composition import parts
from underpaint.prompt.editing import Stage, stages
from underpaint.prompt.lines import Lines, none
from underpaint.prompt.tags import Tag, taken
from underpaint.prompt.wildcards import chosen

_COMMENT = re.compile(r"#[^\n]*")

Stages = tuple[Stage, ...]


class Plan(NamedTuple):
    """What a picture's prompts say.

    Attributes:
        parts: what is painted: stages for each of the prompts that AND joins, at least one.
        weights: how far the picture leans to each.
        negative: what is kept away from.
        tags: what to paint with besides the model.
        chosen: prompt and negative prompt as chance chose them; None where it had no say.
    """

    parts: tuple[Stages, ...]
    weights: tuple[float, ...]
    negative: Stages
    tags: tuple[Tag, ...] = ()
    chosen: tuple[str, str] | None = None

    def at(self, call: int) -> tuple[str, ...]:
        """Return what is said at a call of the denoiser: the parts, then the negative.

        Calls are counted from 0 and ends from 1, and a stage is heard as long as the call is not
        beyond its end: so the first one lasts a call longer than it says. AUTOMATIC1111 has it so.

        Args:
            call: 0 is the first; beyond the last end the last stage goes on.
        """
        return tuple(_heard(listed, call) for listed in (*self.parts, self.negative))


def plan(
    prompt: str,
    negative: str,
    calls: int,
    *,
    seed: int = 0,
    lines: Lines = none,
    passed: int | None = None,
) -> Plan:
    """Return what a picture's prompts say.

    Args:
        prompt: as a person writes it.
        negative: likewise.
        calls: of the denoiser in this pass; for samplers that look ahead twice the steps.
        seed: of the picture, for what is left to chance.
        lines: where wildcards find their lines.
        passed: calls of the pass before, where this is the second; None = this is the first.

    Raises:
        RequestError: more than is allowed of something; says of what.
        UnknownEntryError: no wildcard or kind of tag has such a name; lists those there are.
    """
    # Two streams of chance, so that a word more in the one leaves the other as it was.
    plain = _uncommented(prompt), _uncommented(negative)
    said, away = (chosen(text, 2 * seed + place, lines) for place, text in enumerate(plain))
    text, tags = taken(said)
    joined = parts(text)
    return Plan(
        tuple(stages(part.text, calls, passed=passed) for part in joined),
        tuple(part.weight for part in joined),
        stages(away, calls, passed=passed),
        tags,
        None if (said, away) == plain else (said, away),
    )


def _uncommented(text: str) -> str:
    return _COMMENT.sub("", bounded(text)) if "#" in text else text


def _heard(listed: Stages, call: int) -> str:
    return next((stage.text for stage in listed if call <= stage.end), listed[-1].text)
