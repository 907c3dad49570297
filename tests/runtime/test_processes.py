from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

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


FORK = """
import multiprocessing, sys
import numpy as np
import segprior

image = np.zeros((40, 48, 3))
image[10:30, 12:36] = 0.8

def work(what):
    if what == "prior":
        return segprior.fit_prior(image, members=2, iterations=2).losses.shape[0]
    if what == "foreground":
        return int(segprior.foreground(image).labels.max())
    options = {} if what == "fast" else {"preset": what, "iterations": 4}
    return int(segprior.segment(image, **options).labels.max())

if __name__ == "__main__":
    here = work(sys.argv[1])
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(work, (sys.argv[1],)).get(60) == here
"""


@pytest.mark.parametrize("what", ["prior", "foreground", "fast", "backprop"])
@pytest.mark.parametrize("loops", ["", "none"])
@pytest.mark.skipif(sys.platform != "linux", reason="other systems fork less, or not at all")
def test_a_fork_after_a_fit_works(what: str, loops: str) -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, what],
        check=True, timeout=120, env={**os.environ, "SEGPRIOR_LOOPS": loops},
    )  # fmt: skip
