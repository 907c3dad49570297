"""Processes that may die: each works on one thread; a dead one is replaced, its job tried again."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection
from typing import Generic, TypeVar

from segprior.runtime.processes import begin
from segprior.runtime.stopping import deaf

__all__ = ["Lost", "Pool"]

J = TypeVar("J")
R = TypeVar("R")

# Libraries that are loaded later read these; those loaded already are held by `one_thread`.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Lost:
    """In place of a result: the process was ended at this job twice, the second time alone.

    Attributes
    ----------
    code : int or None
        The exit code of the last process, below 0 for a signal; None if that is not known.
    places : tuple of str
        On a cluster the addresses of the two.
    """

    code: int | None = None
    places: tuple[str, ...] = ()


@dataclass
class _Task(Generic[J]):
    job: J
    deaths: int = 0


class _Worker(Generic[J]):
    """One process, and the task that it has."""

    def __init__(self) -> None:
        # Started anew rather than forked: the threads of PyTorch and OpenMP do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.task: _Task[J] | None = None
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with deaf():
            self.process.start()
        theirs.close()  # so that the death of the process ends the connection

    def end(self) -> int | None:
        self.process.terminate()
        self.process.join()
        self.connection.close()
        return self.process.exitcode


class Pool(Generic[J, R]):
    """Do jobs in processes of one thread each; use it as a context manager.

    A process that dies (killed for want of memory, crashed) is replaced. Its job is tried once
    more when nothing else is under way, in a fresh process and with no other one alive; if that
    dies too, the job is given up.

    Parameters
    ----------
    function : callable
        Of one job; it, the jobs and the results must be picklable, and it should not raise. A
        script that uses a pool needs the usual ``if __name__ == "__main__":``.
    workers : int
        Processes at most; they are started when there is work for them.

    Examples
    --------
    >>> with Pool(abs, 2) as pool:
    ...     len(pool), pool.wait()
    (0, [])
    """

    def __init__(self, function: Callable[[J], R], workers: int) -> None:
        self._function = function
        self._most = workers
        self._queue: deque[_Task[J]] = deque()
        self._suspects: deque[_Task[J]] = deque()
        self._lost: list[tuple[J, Lost]] = []
        self._workers: list[_Worker[J]] = []

    def __len__(self) -> int:
        """Jobs that are not answered yet."""
        busy = sum(worker.task is not None for worker in self._workers)
        return len(self._queue) + len(self._suspects) + len(self._lost) + busy

    def __enter__(self) -> Pool[J, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The processes that there are, by their numbers."""
        return [worker.process.pid or 0 for worker in self._workers]

    def submit(self, job: J) -> None:
        """Add a job."""
        self._queue.append(_Task(job))

    def wait(self, timeout: float | None = None) -> list[tuple[J, R | Lost]]:
        """Return jobs with their results once there are some, or at the latest after a time.

        Parameters
        ----------
        timeout : float, optional
            Seconds; without it there may be a long wait. An empty list may come earlier: at once
            if there are no jobs, and when a process has died.
        """
        self._hand_out()
        answers: list[tuple[J, R | Lost]] = []
        busy = {worker.connection: worker for worker in self._workers if worker.task is not None}
        for ready in connection.wait(list(busy), 0 if self._lost else timeout) if busy else ():
            worker = busy[ready]  # type: ignore[index]
            try:
                result = worker.connection.recv()
            except (EOFError, OSError):
                self._mourn(worker)
                continue
            if worker.task is not None:
                answers.append((worker.task.job, result))
                worker.task = None
        self._hand_out()
        answers += self._lost
        self._lost = []
        return answers

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for worker in self._workers:
            worker.end()
        self._workers = []

    def _hand_out(self) -> None:
        busy = [worker.task for worker in self._workers if worker.task is not None]
        if any(task.deaths for task in busy):
            return  # that one is to be alone
        while self._queue:
            idle = next((worker for worker in self._workers if worker.task is None), None)
            if idle is None and len(self._workers) == self._most:
                return
            self._give(idle, self._queue.popleft())
        while self._suspects and not any(worker.task for worker in self._workers):
            self.close()
            self._give(None, self._suspects.popleft())

    def _give(self, worker: _Worker[J] | None, task: _Task[J]) -> None:
        new = worker is None
        if worker is None:
            worker = _Worker()
            self._workers.append(worker)
        worker.task = task
        try:
            if new:
                worker.connection.send(self._function)
            worker.connection.send(task.job)
        except OSError:
            self._mourn(worker)

    def _mourn(self, worker: _Worker[J]) -> None:
        code = worker.end()
        self._workers.remove(worker)
        task = worker.task
        if task is None:
            return
        task.deaths += 1
        if task.deaths > 1:
            self._lost.append((task.job, Lost(code)))
        else:
            self._suspects.append(task)


def _serve(parent: connection.Connection) -> None:
    begin()
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        function = parent.recv()
        while True:
            job = parent.recv()
            parent.send(function(job))
    except (EOFError, BrokenPipeError):
        return
