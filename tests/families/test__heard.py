"""What a batch of latents listens to."""

import torch

from underpaint.families._heard import Conditioning, Heard


def text(number: float, *, pooled: bool = True) -> Conditioning:
    vector = torch.full((1, 2), number) if pooled else None
    return Conditioning(torch.full((1, 3, 2), number), vector)


def test_latents_stand_text_by_text() -> None:
    heard = Heard.of([text(1.0), text(2.0)], 6)
    assert heard.tokens.shape == (6, 3, 2)
    assert heard.tokens[:, 0, 0].tolist() == [1, 1, 1, 2, 2, 2]
    assert heard.pooled is not None
    assert heard.pooled[:, 0].tolist() == [1, 1, 1, 2, 2, 2]
    assert heard.guidance is None


def test_a_text_may_have_no_vector() -> None:
    scales = torch.ones(2)
    heard = Heard.of([text(1.0, pooled=False)], 2, guidance=scales)
    assert heard.pooled is None
    assert heard.guidance is scales
