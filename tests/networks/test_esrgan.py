"""ESRGAN's networks against a plain reading of their papers, written tensor by tensor."""

import numpy
import pytest
import torch
from torch import Tensor

from underpaint.networks.esrgan import Compact, CompactParams, Esrgan, EsrganParams

Tensors = dict[str, Tensor]


def filled(network: torch.nn.Module) -> Tensors:
    """Return a network's tensors with random numbers in them."""
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.copy_(torch.randn(tensor.shape, generator=draw) * 0.1)
    return dict(network.state_dict())


def convolved(x: Tensor, tensors: Tensors, name: str) -> Tensor:
    """Return a convolution with zeros around, as the sum that it is."""
    weight = tensors[f"{name}.weight"].double()
    reach = weight.shape[-1] // 2
    height, width = x.shape[1:]
    padded = torch.zeros(len(x), height + 2 * reach, width + 2 * reach, dtype=torch.float64)
    padded[:, reach : reach + height, reach : reach + width] = x
    total = torch.zeros(len(weight), height, width, dtype=torch.float64)
    for row in range(weight.shape[2]):
        for column in range(weight.shape[3]):
            part = padded[:, row : row + height, column : column + width]
            total += torch.einsum("oi,ihw->ohw", weight[:, :, row, column], part)
    bias = tensors.get(f"{name}.bias")
    return total if bias is None else total + bias.double()[:, None, None]


def bent(x: Tensor) -> Tensor:
    return torch.where(x > 0, x, 0.2 * x)


def doubled(x: Tensor) -> Tensor:
    return x.repeat_interleave(2, 1).repeat_interleave(2, 2)


def dense(x: Tensor, tensors: Tensors, name: str) -> Tensor:
    """Return what a dense block makes: section 3.1 of ESRGAN, figure 3 of ESRGAN+."""
    plus = f"{name}.conv1x1.weight" in tensors
    seen = [x]
    for number in range(1, 5):
        found = bent(convolved(torch.cat(seen), tensors, f"{name}.conv{number}"))
        if plus and number == 2:
            found = found + convolved(x, tensors, f"{name}.conv1x1")
        if plus and number == 4:
            found = found + seen[2]
        seen.append(found)
    return x + 0.2 * convolved(torch.cat(seen), tensors, f"{name}.conv5")


def folded(x: Tensor, by: int) -> Tensor:
    """Return each square of pixels as channels: all of one channel's, row by row."""
    parts = [x[c, r::by, s::by] for c in range(len(x)) for r in range(by) for s in range(by)]
    return torch.stack(parts)


def enlarged(x: Tensor, tensors: Tensors, params: EsrganParams) -> Tensor:
    found = first = convolved(folded(x, params.folding), tensors, "conv_first")
    for block in range(params.blocks):
        inner = found
        for number in (1, 2, 3):
            inner = dense(inner, tensors, f"body.{block}.rdb{number}")
        found = found + 0.2 * inner
    found = first + convolved(found, tensors, "conv_body")
    for number in range(params.doublings):
        found = bent(convolved(doubled(found), tensors, f"conv_up{number + 1}"))
    return convolved(bent(convolved(found, tensors, "conv_hr")), tensors, "conv_last")


@pytest.mark.parametrize(
    "params",
    [
        EsrganParams(channels=8, growth=4, blocks=2),
        EsrganParams(channels=8, growth=4, blocks=1, doublings=1),
        EsrganParams(channels=8, growth=4, blocks=1, doublings=0),
        EsrganParams(channels=8, growth=4, blocks=1, doublings=3),
        EsrganParams(channels=8, growth=4, blocks=1, folding=2),
        EsrganParams(channels=8, growth=4, blocks=1, folding=4),
        EsrganParams(channels=8, growth=4, blocks=2, plus=True),
    ],
)
def test_esrgan_computes_what_its_papers_say(params: EsrganParams) -> None:
    network = Esrgan(params)
    tensors = filled(network)
    assert EsrganParams.of({name: tuple(t.shape) for name, t in tensors.items()}) == params

    picture = torch.rand(1, 3, 8, 12, generator=torch.Generator().manual_seed(2))
    found = network(picture)[0]
    assert found.shape == (3, int(8 * params.scale), int(12 * params.scale))
    wanted = enlarged(picture[0].double(), tensors, params)
    numpy.testing.assert_allclose(found.detach().numpy(), wanted.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("enlarging", [1, 2, 4])
def test_a_compact_network_adds_to_the_nearest_pixels(enlarging: int) -> None:
    params = CompactParams(channels=8, convolutions=3, enlarging=enlarging)
    network = Compact(params)
    tensors = filled(network)
    assert CompactParams.of({name: tuple(t.shape) for name, t in tensors.items()}) == params

    picture = torch.rand(1, 3, 6, 5, generator=torch.Generator().manual_seed(2))
    x = picture[0].double()
    for place in range(0, 8, 2):
        x = convolved(x, tensors, f"body.{place}")
        slope = tensors[f"body.{place + 1}.weight"].double()[:, None, None]
        x = torch.where(x > 0, x, slope * x)
    x = convolved(x, tensors, "body.8")
    wanted = torch.zeros(3, 6 * enlarging, 5 * enlarging, dtype=torch.float64)
    for channel, row, column in numpy.ndindex(3, enlarging, enlarging):
        details = x[channel * enlarging**2 + row * enlarging + column]
        wanted[channel, row::enlarging, column::enlarging] = details + picture[0, channel].double()
    numpy.testing.assert_allclose(
        network(picture)[0].detach().numpy(), wanted.numpy(), rtol=1e-4, atol=1e-5
    )


def test_the_defaults_are_the_published_sizes() -> None:
    with torch.device("meta"):
        sizes = [
            sum(p.numel() for p in network.parameters())
            for network in (Esrgan(EsrganParams()), Compact(CompactParams()))
        ]
    assert sizes == [16_697_987, 1_213_296]
