"""Attention gives the same in pieces and in one kernel, and stays small."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint.networks import kernels
from underpaint.networks.kernels import attend


def heads(rows: int, width: int, *, dtype: torch.dtype, count: int = 3) -> Tensor:
    """Return random heads as a projection leaves them: not in one row in memory."""
    flat = torch.randn(2, rows, count * width, generator=torch.Generator().manual_seed(rows))
    return flat.to(dtype).unflatten(-1, (count, width)).transpose(1, 2)


def exact(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = q.double() @ k.double().transpose(-1, -2) / q.shape[-1] ** 0.5
    return torch.softmax(scores, dim=-1) @ v.double()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (100, 77), (1, 5)])
def test_it_is_softmax_of_products(rows: int, columns: int, dtype: torch.dtype) -> None:
    q, k, v = (heads(n, 8, dtype=dtype) for n in (rows, columns, columns))
    with torch.no_grad():
        found = attend(q, k, v)
    wanted = exact(q, k, v)
    assert found.shape == wanted.shape and found.dtype == dtype
    error = (found.double() - wanted).norm() / wanted.norm()
    assert error < (0.01 if dtype == torch.bfloat16 else 1e-6)


@pytest.mark.parametrize("most", [1, 50, 64 * 48, 2 * 64 * 48, 4 * 64 * 48, 10**9])
def test_pieces_of_any_size_give_the_same(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "MOST_SCORES", most)
    q, k, v = (heads(n, 16, dtype=torch.bfloat16) for n in (64, 48, 48))
    with torch.no_grad():
        found = attend(q, k, v).double()
    wanted = exact(q, k, v)
    assert (found - wanted).norm() / wanted.norm() < 0.01


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(16, 4096, 4096), (16, 4096, 77), (3, 9, 7)]
)
def test_pieces_are_whole_and_small(count: int, rows: int, columns: int) -> None:
    met = torch.zeros(count, rows, dtype=torch.int32)
    for some, few in kernels._pieces(count, rows, columns):
        met[some, few] += 1
        assert met[some, few].numel() * columns <= kernels.MOST_SCORES
    assert bool((met == 1).all())


def test_what_learns_goes_through_the_kernel_that_can() -> None:
    q, k, v = (heads(8, 4, dtype=torch.bfloat16).requires_grad_() for _ in range(3))
    attend(q, k, v).float().sum().backward()
    assert q.grad is not None and bool(q.grad.isfinite().all())


@pytest.mark.filterwarnings("ignore:.torch.jit.trace:DeprecationWarning")
def test_a_trace_holds_for_any_length() -> None:
    class Network(torch.nn.Module):
        def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return attend(q, k, v)

    with torch.no_grad():
        short = tuple(heads(8, 4, dtype=torch.bfloat16) for _ in range(3))
        q, k, v = (heads(30, 4, dtype=torch.bfloat16) for _ in range(3))
        traced: Any = torch.jit.trace(Network(), short, check_trace=False)
        assert torch.equal(traced(q, k, v), F.scaled_dot_product_attention(q, k, v))
