"""Tensors are made when they are asked for, not before, and not kept."""

import torch

from underpaint.weights._lazy import Promise, Tensors, promises


def counted(made: list[str]) -> Tensors:
    def promise(name: str) -> Promise:
        def make() -> torch.Tensor:
            made.append(name)
            return torch.ones(2, 3)

        return Promise(torch.float32, (2, 3), make)

    return Tensors({name: promise(name) for name in ("a", "b")})


def test_only_a_look_at_a_tensor_makes_it() -> None:
    made: list[str] = []
    tensors = counted(made)
    assert len(tensors) == 2
    assert list(tensors) == ["a", "b"]
    assert "a" in tensors
    assert tensors.keys() >= {"b"}
    assert {name: promise.shape for name, promise in promises(tensors).items()}["a"] == (2, 3)
    assert made == []
    assert torch.equal(tensors["a"], tensors["a"])
    assert made == ["a", "a"]
    assert [name for name, _ in tensors.items()] == ["a", "b"]


def test_what_is_there_can_be_promised() -> None:
    tensor = torch.zeros(4, dtype=torch.float16)
    promise = promises({"a": tensor})["a"]
    assert promise.make() is tensor
    assert (promise.dtype, promise.shape, promise.nbytes) == (torch.float16, (4,), 8)


def test_a_promise_can_be_of_another_form() -> None:
    made: list[str] = []
    turned = counted(made).promised["a"].turned(lambda tensor: tensor.T, (3, 2))
    assert made == []
    assert turned.make().shape == turned.shape == (3, 2)
