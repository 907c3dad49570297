"""Many jobs on one thread each: one after the other, or in several processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import connection
from typing import TypeVar

from segprior.errors import ConfigError
from segprior.messages import Setting
from segprior.runtime.asides import apart_in_worker
from segprior.runtime.devices import one_torch_thread

__all__ = ["begin", "one_thread", "run_jobs"]

J = TypeVar("J")
R = TypeVar("R")


def run_jobs(
    function: Callable[[J], R], jobs: Sequence[J], workers: int
) -> Iterator[tuple[int, R]]:
    """Yield the number and the result of each job as it is finished.

    Whatever ends the loop early, Ctrl-C among it, ends the processes too, and they end by
    themselves should this one be killed.

    Parameters
    ----------
    function : callable
        Of one job; for more than one worker it, the jobs and the results must be picklable, and
        a script that calls this needs the usual ``if __name__ == "__main__":``.
    jobs : sequence
        What there is to do.
    workers : int
        Processes; 1 does the work in this one.

    Raises
    ------
    ConfigError
        If a process was ended from outside.
    """
    if workers == 1 or len(jobs) < 2:
        for number, job in enumerate(jobs):
            yield number, function(job)
        return
    # Started anew rather than forked: the threads of PyTorch and OpenMP do not survive a fork.
    context = multiprocessing.get_context("spawn")
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(workers, len(jobs)), context, initializer=begin)
    try:
        futures = {pool.submit(function, job): number for number, job in enumerate(jobs)}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenExecutor as error:
        raise ConfigError(
            "one of ",
            Setting("workers", workers),
            " was ended from outside, perhaps for want of memory",
            cure="pass fewer",
        ) from error
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def begin() -> None:
    """Begin a process that belongs to this one: deaf to Ctrl-C, and gone when its parent is.

    What libraries say on its standard error is kept for :func:`segprior.runtime.asides.said`.
    """
    # The parent is the one that is interrupted, and it ends its workers, by SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    apart_in_worker()
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep the libraries that are loaded to one thread while this lasts."""
    from threadpoolctl import threadpool_limits

    cv2 = sys.modules.get("cv2")
    cv2_threads = cv2.getNumThreads() if cv2 else 1
    with threadpool_limits(1), one_torch_thread():
        if cv2:
            cv2.setNumThreads(1)
        try:
            yield
        finally:
            if cv2:
                cv2.setNumThreads(cv2_threads)
