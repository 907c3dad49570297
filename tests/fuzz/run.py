"""Fuzz for a time: ``python -m tests.fuzz.run --minutes 10``, or ``make fuzz MINUTES=10``.

Files and command lines are numbered, and a number gives the same each time; a run begins at a
number of its own unless told one. What is found is kept in ``tests/fuzz/cases``.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import segprior.batch.run
from tests.fuzz import commands
from tests.fuzz.targets import READERS, try_once
from tests.helpers.crew import Here

__all__ = ["CASES", "case_reader", "main"]

CASES = Path(__file__).parent / "cases"
_SLOW = 20
_HANGS = f"more than {_SLOW} s of the processor, or ten times as long by the clock"


class _Hang(BaseException):
    """It takes longer than anything should."""


def case_reader(path: Path) -> str:
    """Return the reader of a case, by its name."""
    return path.name.partition("-")[0]


@contextmanager
def _in_time() -> Iterator[None]:
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise _Hang

    # By the processor, so that other work on the machine is not taken for a hang; and by the clock,
    # much later, for what waits and does nothing.
    timers = ((signal.ITIMER_PROF, signal.SIGPROF, 1), (signal.ITIMER_REAL, signal.SIGALRM, 10))
    before = {number: signal.signal(number, ring) for _, number, _ in timers}
    try:
        for timer, _, times in timers:
            signal.setitimer(timer, times * _SLOW)
        yield
    finally:
        for timer, number, _ in timers:
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def _limit_memory() -> None:
    """Let what asks for too much fail instead of filling this machine."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def _peak() -> str:
    try:
        import resource
    except ImportError:
        return ""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f", {most / (1 << (30 if sys.platform == 'darwin' else 20)):.1f} GB at most"


def _file(reader: str, number: int, folder: Path) -> list[str]:
    start = time.process_time()
    path = folder / "none"
    faults: list[str] = []
    try:
        with _in_time():
            path, faults = try_once(reader, number, folder)
    except _Hang:
        faults = [_HANGS]
    if faults and path.exists():
        kept = CASES / f"{reader}-{number}{READERS[reader][0]}"
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, kept)
    if (taken := time.process_time() - start) > _SLOW / 2:
        print(f"{reader} {number}: {taken:.0f} s", flush=True)
    return [f"{reader} {number}: {fault}" for fault in faults]


def _command(number: int, folder: Path) -> tuple[int, list[str]]:
    words = commands.make_words(number)
    here = Path.cwd()
    commands.make(folder)
    os.chdir(folder)
    try:
        with _in_time():
            code, faults = commands.run(words)
    except _Hang:
        code, faults = -2, [_HANGS]
    finally:
        os.chdir(here)
    shown = " ".join(words).encode(errors="backslashreplace").decode()
    return code, [f"command {number}: segprior {shown}: {fault}" for fault in faults]


def main(words: list[str] | None = None) -> int:
    """Fuzz, and tell; return 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--start", type=int, default=None, help="the first number")
    parser.add_argument("--files", type=int, default=5, help="files for each command line")
    parser.add_argument("--reader", action="append", choices=READERS, help="these readers only")
    given = parser.parse_args(words)
    _limit_memory()
    # Workers would cost seconds each time; what they do is done here.
    segprior.batch.run._crew = lambda bench, config: Here(bench)
    start = time.time_ns() // 10**6 if given.start is None else given.start
    end = time.monotonic() + 60 * given.minutes
    readers = itertools.cycle(given.reader or READERS)
    counts: Counter[str] = Counter()
    found: list[str] = []
    for number in itertools.count(start):
        if time.monotonic() > end:
            break
        with tempfile.TemporaryDirectory() as folder:
            fresh: list[str] = []
            for reader in itertools.islice(readers, given.files):
                fresh += _file(reader, number, Path(folder))
                counts["files"] += 1
            if not given.reader:
                code, faults = _command(number, Path(folder, "work"))
                counts["command lines"] += 1
                counts[f"exit code {code}"] += 1
                fresh += faults
        for fault in fresh:
            print(fault, flush=True)
        found += fresh
    parts = [f"{count} {name}" for name, count in sorted(counts.items(), reverse=True)]
    print(f"from {start}: {', '.join(parts)}{_peak()}; {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
