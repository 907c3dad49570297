from __future__ import annotations

import pytest
import torch
from torch import Tensor

from segprior.methods.double_dip.generators import (
    Part,
    as_generated,
    compiled_part,
    make_part,
    torch_part,
)

SHAPE = (16, 24)
CPU_DEVICE = torch.device("cpu")


def no_loss(output: Tensor, step: int, i: int) -> Tensor | None:
    return None


def bright(output: Tensor, step: int, i: int) -> Tensor | None:
    return output.mean()


def begun(part: Part) -> Part:
    part.source = torch.Generator().manual_seed(4)
    part.begin(0.001)
    return part


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("loss", [no_loss, bright])
def test_both_learn_the_same(loss: object, told: bool) -> None:
    given = torch.rand((1, 2, *SHAPE), generator=torch.Generator().manual_seed(1))
    parts = [
        begun(compiled_part(3, 2, SHAPE, loss)),  # type: ignore[arg-type]
        begun(torch_part(3, 2, SHAPE, loss, CPU_DEVICE)),  # type: ignore[arg-type]
    ]
    torch.testing.assert_close(parts[0].noise, parts[1].noise)
    starts = []
    for part in parts:
        part.generate(1, 0, 0.01)
        starts.append(part.output.detach().clone())
        part.learn(given if told else None)
        part.generate(1, 1, 0.0)
    torch.testing.assert_close(*starts, rtol=0, atol=1e-5)
    fresh = begun(compiled_part(3, 2, SHAPE, no_loss))
    fresh.generate(1, 0, 0.01)  # the same draw of noise
    fresh.generate(1, 1, 0.0)
    compiled, plain, before = (part.output.detach() for part in (*parts, fresh))
    learnt = (compiled - before).abs().mean().item()
    assert (learnt > 0) == (told or loss is bright)
    # Adam turns gradients that are all rounding into whole steps, so a few weights differ.
    assert (compiled - plain).abs().mean().item() < max(0.2 * learnt, 1e-6)


def test_loops_are_compiled_on_a_cpu() -> None:
    made, expected = (
        make_part(3, 2, SHAPE, no_loss, CPU_DEVICE),
        compiled_part(3, 2, SHAPE, no_loss),
    )
    assert type(made) is type(expected)
    assert type(made) is not type(torch_part(3, 2, SHAPE, no_loss, CPU_DEVICE))


def test_an_image_is_laid_out_as_what_is_generated() -> None:
    image = torch.rand((1, 2, *SHAPE), generator=torch.Generator().manual_seed(1))
    part = make_part(3, 2, SHAPE, no_loss, CPU_DEVICE)
    part.generate(1, 0, 0.0)
    laid = as_generated(image)
    assert torch.equal(laid, image)
    assert laid.stride()[1:] == part.output.stride()[1:]
    assert laid.stride() != image.stride()
