"""Dask workers, of this machine or of many, that may die: each has one job at a time."""

from __future__ import annotations

import itertools
import logging
import queue
import re
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from segprior._version import __version__
from segprior.errors import ConfigError, SegpriorError
from segprior.io.files.source import one_line
from segprior.runtime.devices import core_count
from segprior.runtime.extras import need
from segprior.runtime.stopping import deaf
from segprior.runtime.worker_pool import Lost

__all__ = ["Cluster"]

J = TypeVar("J")
R = TypeVar("R")

_ADDRESS = re.compile(r"\w+://.|.+:\d+$")
# Seconds from one look at which workers there are to the next; without any until it is told; and
# until a scheduler, and an answer that there is, are given up.
_LOOK = 1.0
_UNTOLD = 5.0
_PATIENCE = 10.0
_ANSWER = 30.0


@dataclass
class _Task(Generic[J]):
    job: J
    places: tuple[str, ...] = ()  # the workers that died of it
    worker: str = ""
    future: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class _Call(Generic[J, R]):
    """What a worker is sent."""

    function: Callable[[J], R]
    version: str = __version__

    def __call__(self, job: J) -> R:
        if self.version != __version__:
            raise ConfigError(
                f"a worker has segprior {__version__}, not {self.version}; install the same"
            )
        with _alone:
            return self.function(job)


# The threads of a worker would share limits of threads and settings of libraries.
_alone = threading.Lock()


class Cluster(Generic[J, R]):
    """Do jobs on the workers of a Dask scheduler, as `Pool` does in processes.

    Each worker has one job at a time, on one thread, whatever the number of its threads. The job
    of a worker that dies is tried once more after the others; if that worker dies too, the job is
    given up. Workers may come and go; without any, jobs wait.

    Parameters
    ----------
    function : callable
        Of one job; it, the jobs and the results must be picklable, the workers must be able to
        import it, and it should not raise.
    address : str
        Of the scheduler, such as ``tcp://host:8786``; or the ``.json`` file that it writes; or
        ``local``, which starts one with workers on this machine and ends them afterwards.
    workers : int
        Workers at most; 0 is all there are, and with ``local`` one for each core.

    Raises
    ------
    ConfigError
        If ``distributed`` is not installed or there is no such scheduler; later also if the
        scheduler goes away or a worker cannot run the function.
    """

    def __init__(self, function: Callable[[J], R], address: str, workers: int = 0) -> None:
        self._distributed = need("distributed", "dask")
        self._call = _Call(function)
        self._address = address
        self._most = workers
        self._queue: deque[_Task[J]] = deque()
        self._running: dict[int, _Task[J]] = {}
        self._lost: list[tuple[J, Lost]] = []
        self._finished: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._numbers = itertools.count()
        self._members: list[str] = []
        self._looked = 0.0
        self._seen = time.monotonic()  # when there was a worker last
        self._warned = False
        self._levels = _silence()
        self._own: Any = None
        self._client: Any = None
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        where: dict[str, Any] = {"address": self._address}
        if self._address == "local":
            with deaf():
                self._own = self._distributed.LocalCluster(
                    n_workers=self._most or core_count(),
                    threads_per_worker=1,
                    host="127.0.0.1",  # nobody else's machine runs anything here
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            where = {"address": self._own}
        elif self._address.endswith(".json"):
            if not Path(self._address).exists():  # it would be waited for
                raise ConfigError(f"no file {self._address}; name that of dask scheduler")
            if b'"tls://' in Path(self._address).read_bytes():
                self._check_certificates()
            where = {"scheduler_file": self._address}
        elif not _ADDRESS.match(self._address):
            raise ConfigError(
                f"{self._address!r} is no address of a Dask scheduler; say tcp://HOST:8786 or local"
            )
        elif self._address.startswith("tls://"):
            self._check_certificates()
        try:
            self._client = self._distributed.Client(
                **where, timeout=_PATIENCE, set_as_default=False, name="segprior"
            )
        except Exception as error:
            raise ConfigError(
                f"no Dask scheduler at {self._address}: {one_line(error)}; start one with "
                "dask scheduler, or say local"
            ) from error

    def _check_certificates(self) -> None:
        """Refuse TLS without certificates, which Dask finds out after half a minute."""
        try:
            found = self._distributed.Security().get_connection_args("client").get("ssl_context")
        except Exception as error:  # of files that are not there, or no certificates
            raise ConfigError(
                f"cannot use the certificates for {self._address}: {one_line(error)}"
            ) from error
        if found is None:
            raise ConfigError(
                f"{self._address} wants certificates; name them to Dask as docs/cluster.md says"
            )

    def __len__(self) -> int:
        """Jobs that are not answered yet."""
        return len(self._queue) + len(self._running) + len(self._lost)

    def __enter__(self) -> Cluster[J, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, job: J) -> None:
        """Add a job."""
        self._queue.append(_Task(job))

    def wait(self, timeout: float | None = None) -> list[tuple[J, R | Lost]]:
        """Return jobs with their results, as `Pool.wait` does."""
        self._hand_out()
        answers: list[tuple[J, R | Lost]] = [*self._lost]
        self._lost = []
        if not answers and len(self):
            with suppress(queue.Empty):
                least = _LOOK if timeout is None else min(_LOOK, timeout)
                answers += self._collect(self._finished.get(timeout=least))
        with suppress(queue.Empty):
            while True:
                answers += self._collect(self._finished.get_nowait())
        self._hand_out()
        return answers

    def close(self) -> None:
        """Drop the jobs; what a worker of another's cluster is at, it ends by itself."""
        with suppress(Exception):
            if self._client is not None:
                self._client.cancel([task.future for task in self._running.values()])
        self._running = {}
        for part in (self._client, self._own):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=_PATIENCE)
        self._client = self._own = None
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)

    def _hand_out(self) -> None:
        if not self._running and not self._queue:
            return
        busy = {task.worker for task in self._running.values()}
        if self._look() or not busy.issuperset(self._members):
            for number in [n for n, t in self._running.items() if t.worker not in self._members]:
                self._mourn(number)
            idle = [worker for worker in self._members if worker not in busy]
            while self._queue and idle and len(self._running) < (self._most or len(self._members)):
                self._give(idle.pop(0), self._queue.popleft())

    def _look(self) -> bool:
        """Find out which workers there are, unless that was done just now."""
        now = time.monotonic()
        if self._members and now - self._looked < _LOOK:
            return False
        try:
            self._members = list(self._client.nthreads())
        except Exception as error:
            raise self._gone() from error
        self._looked = now
        if self._members:
            self._seen = now
        elif not self._warned and now - self._seen > _UNTOLD:
            self._warned = True
            warnings.warn(
                f"the Dask scheduler at {self._address} has no worker; waiting for one",
                stacklevel=2,
            )
        return True

    def _give(self, worker: str, task: _Task[J]) -> None:
        number = next(self._numbers)
        # Bound to its worker, so that it is known whose death ended it: the scheduler itself
        # would try it as often as it is set to.
        task.worker = worker
        task.future = self._client.submit(
            self._call, task.job, workers=[worker], allow_other_workers=False, pure=False
        )
        self._running[number] = task
        task.future.add_done_callback(lambda _: self._finished.put(number))

    def _collect(self, number: int) -> list[tuple[J, R | Lost]]:
        task = self._running.get(number)
        if task is None:
            return []  # mourned already
        try:
            result = task.future.result(timeout=_ANSWER)
        except (TimeoutError, self._distributed.scheduler.KilledWorker):
            self._mourn(number)  # the answer died with its worker
            return []
        except SegpriorError:
            raise
        except Exception as error:
            if task.future.status != "error":
                raise self._gone() from error
            raise ConfigError(
                f"the worker {task.worker} cannot do this: {type(error).__name__}: "
                f"{one_line(error)}; install the same segprior there"
            ) from error
        del self._running[number]
        return [(task.job, result)]

    def _mourn(self, number: int) -> None:
        task = self._running.pop(number)
        with suppress(Exception):
            task.future.cancel()
        task.places += (task.worker,)
        if len(task.places) > 1:
            self._lost.append((task.job, Lost(places=task.places)))
        else:
            self._queue.append(task)

    def _gone(self) -> ConfigError:
        return ConfigError(
            f"the Dask scheduler at {self._address} has gone; start it, and run this again to "
            "go on from there"
        )


def _silence() -> dict[str, int]:
    """Keep Dask from logging here; return the levels that there were."""
    levels = {}
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logger = logging.getLogger(name)
            levels[name] = logger.level
            logger.setLevel(logging.CRITICAL)
    return levels
