from __future__ import annotations

import multiprocessing
import os

import pytest

from segprior.errors import ConfigError
from segprior.runtime.processes import one_thread, run_jobs


def squared(number: int) -> int:
    return number * number


def inverse(number: int) -> float:
    return 1 / number


def test_jobs_come_back_with_their_numbers() -> None:
    assert list(run_jobs(squared, [5, 6], 1)) == [(0, 25), (1, 36)]


def test_a_killed_worker_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"one of workers=2 was ended from outside"):
        list(run_jobs(os._exit, [1, 1], 2))


def test_an_exception_ends_the_workers() -> None:
    with pytest.raises(ZeroDivisionError):
        list(run_jobs(inverse, [1, 0], 2))
    assert not multiprocessing.active_children()


def test_one_thread_is_given_back() -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
