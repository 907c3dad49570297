from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numba
import numpy as np
import pytest

from segprior.nn.compiled import matmul
from segprior.runtime.compilation import compiling, ignore, listen


@pytest.fixture
def heard() -> Iterator[list[str]]:
    calls: list[str] = []
    listener = lambda: calls.append("compiling")  # noqa: E731
    listen(listener)
    yield calls
    ignore(listener)


def function(module: str) -> Callable[[float], float]:
    def twice(x: float) -> float:
        return 2 * x

    twice.__module__ = module
    made: Any = numba.njit(twice)
    return cast(Callable[[float], float], made)


def test_listeners_hear_until_they_are_ignored() -> None:
    calls: list[int] = []
    one, other = (lambda: calls.append(1)), (lambda: calls.append(2))
    listen(one)
    listen(other)
    compiling()
    ignore(one)
    ignore(one)
    compiling()
    ignore(other)
    compiling()
    assert calls == [1, 2, 2]


def test_numba_tells_when_it_compiles_and_only_then(heard: list[str]) -> None:
    ours = function(matmul.__name__)
    assert ours(np.float64(2)) == 4
    assert heard == ["compiling"]
    assert ours(np.float64(3)) == 6
    assert heard == ["compiling"]


def test_functions_of_others_are_not_told_of(heard: list[str]) -> None:
    assert function(__name__)(np.float64(2)) == 4
    assert heard == []
