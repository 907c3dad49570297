from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from segprior.runtime.worker_pool import Lost, Pool


def work_alone(log: Path, job: str) -> str:
    with log.open("a") as stream:
        stream.write(f"+{job}\n")
    if job.startswith("die") and (job == "die always" or log.read_text().count(f"+{job}\n") == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    with log.open("a") as stream:
        stream.write(f"-{job}\n")
    return job.upper()


def test_a_dead_process_is_replaced_and_its_job_tried_again_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    jobs = ["a", "die once", "b", "die always", "c"]
    answers: dict[str, str | Lost] = {}
    with Pool(partial(work_alone, log), 2) as pool:
        for job in jobs:
            pool.submit(job)
        while len(pool):
            answers |= dict(pool.wait())
    assert answers.pop("die always") == Lost(-signal.SIGKILL)
    assert answers == {"a": "A", "b": "B", "c": "C", "die once": "DIE ONCE"}
    lines = log.read_text().splitlines()
    assert lines.count("+die once") == lines.count("+die always") == 2
    # The second time each is the only one under way, after all the others.
    assert lines[-3:] == ["+die once", "-die once", "+die always"]


def threads(_: int) -> tuple[str | None, int]:
    import numpy  # noqa: F401
    from threadpoolctl import threadpool_info

    return os.environ["OMP_NUM_THREADS"], max(i["num_threads"] for i in threadpool_info())


def test_each_process_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with Pool(threads, 1) as pool:
        pool.submit(0)
        assert pool.wait() == [(0, ("1", 1))]
        assert len(pool.pids) == 1
    assert pool.wait(10) == []
