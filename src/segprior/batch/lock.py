"""One batch for a folder of results at a time, and nothing left over of those that were killed."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from segprior.errors import OutputError

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["TEMPORARY", "hold", "join", "joined", "sweep"]

# Where folders cannot be locked, a file in them is.
_FILE = ".segprior.lock"
TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp")


def sweep(output: Path) -> None:
    """Remove the temporary files and folders that a killed run has left in a tree."""
    for folder, below, files in os.walk(output):
        for name in filter(TEMPORARY.fullmatch, list(below)):
            shutil.rmtree(Path(folder, name), ignore_errors=True)
            below.remove(name)
        for name in filter(TEMPORARY.fullmatch, files):
            Path(folder, name).unlink(missing_ok=True)


@contextmanager
def hold(output: Path, patience: float = 5.0) -> Iterator[None]:
    """Have a folder of results for one batch while this lasts.

    At first no other process may have joined it; after that the workers may :func:`join`. So the
    processes of a batch that was killed are known to be gone before its leavings are swept. On
    Windows the batch alone holds a lock, of a file in the folder, and its workers, which end with
    it, none.

    Raises
    ------
    OutputError
        If another batch has the folder, still after ``patience`` seconds.
    """
    if fcntl is None:
        with _file_held(output, patience):
            sweep(output)
            yield
        return
    handle = os.open(output, os.O_RDONLY)
    try:
        end = time.monotonic() + patience
        while not _locked(handle, fcntl.LOCK_EX):
            if time.monotonic() > end:
                raise _taken(output)
            time.sleep(0.05)
        sweep(output)
        _locked(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def _file_held(output: Path, patience: float) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(output / _FILE, timeout=patience)
    try:
        lock.acquire()
    except Timeout as error:
        raise _taken(output) from error
    except (NotImplementedError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot lock {output}: {reason}; choose another folder") from error
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):  # another batch may have it by now
            Path(lock.lock_file).unlink()


def _taken(output: Path) -> OutputError:
    return OutputError(f"another segprior batch writes to {output}; wait, or choose another folder")


def join(output: Path) -> None:
    """Take part in a batch until this process ends."""
    if fcntl is not None:
        _locked(os.open(output, os.O_RDONLY), fcntl.LOCK_SH)


@contextmanager
def joined(output: Path) -> Iterator[None]:
    """Take part in a batch while this lasts."""
    if fcntl is None:
        yield
        return
    handle = os.open(output, os.O_RDONLY)
    try:
        _locked(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _locked(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError as error:
        # Network file systems may know no locks: then nobody is told.
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return True
