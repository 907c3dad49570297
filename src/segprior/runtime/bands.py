"""Work on a large tensor band by band, on as many threads as PyTorch is set to use.

What a band computes never depends on the number of threads, and results are handed back in the
order of the bands, so that sums over them are the same on one thread and on many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

from segprior.runtime.devices import side_by_side

__all__ = ["Bands", "banded"]

T = TypeVar("T")


class Bands:
    """Runs a function on each band; made by :func:`banded`.

    Parameters
    ----------
    pool : ThreadPoolExecutor or None
        The threads; None is the calling one.
    """

    def __init__(self, pool: ThreadPoolExecutor | None) -> None:
        self._pool = pool

    def __call__(self, work: Callable[[int, int], T], size: int, step: int) -> list[T]:
        """Call ``work(start, stop)`` for each band of ``step`` in ``size``, and list the results.

        An exception in one of them is raised once all have ended.
        """
        starts = range(0, size, step)
        stops = [min(start + step, size) for start in starts]
        if self._pool is None:
            return [work(start, stop) for start, stop in zip(starts, stops, strict=True)]
        futures = [
            self._pool.submit(work, start, stop) for start, stop in zip(starts, stops, strict=True)
        ]
        for future in futures:
            future.exception()
        return [future.result() for future in futures]


@contextmanager
def banded() -> Iterator[Bands]:
    """Give every thread of PyTorch to bands while this lasts, one thread to each."""
    threads = torch.get_num_threads()
    with side_by_side(threads) as pool:
        # The calling thread keeps to one as well: a sum of its own may depend on their number.
        torch.set_num_threads(1)
        yield Bands(pool if threads > 1 else None)
