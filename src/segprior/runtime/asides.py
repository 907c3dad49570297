"""What native libraries write to standard error by themselves, kept for a line of ours.

libtiff, libjpeg and GDAL write there below Python, which cannot ask them not to. While a command
runs, the file descriptor leads into a temporary file instead, and Python's own ``sys.stderr`` goes
where it did. With ``SEGPRIOR_TRACEBACK`` all is left as it is.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows, whose libraries have descriptors of their own
    fcntl = None

__all__ = ["apart", "apart_in_worker", "joined", "said"]

_STDERR = 2
_MOST = 300


class _State:
    """Of this process."""

    file: Any = None  # where what is said goes
    log: Any = None  # where messages went that nobody has set up logging for


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Keep what libraries say off standard error while this lasts, for `said`."""
    before = sys.stderr
    if _State.file is not None or not _is_wanted():
        yield
        return
    own = os.dup(_STDERR)
    _State.file = _redirected()
    sys.stderr = io.TextIOWrapper(
        io.FileIO(own, "w"), encoding=before.encoding, errors=before.errors, write_through=True
    )
    try:
        yield
    finally:
        ours, sys.stderr = sys.stderr, before
        os.dup2(own, _STDERR)
        ours.close()
        _State.file.close()
        _State.file = None
        logging.lastResort = _State.log


def apart_in_worker() -> None:
    """Do the same for the rest of a worker, whose parent tells what it has to say."""
    if _State.file is None and _is_wanted():
        _State.file = _redirected()


def said() -> str:
    """Return, on one line, what libraries have said since this was asked last."""
    if _State.file is None:
        return ""
    handle = _State.file.fileno()
    text = os.pread(handle, 4 * _MOST, 0).decode(errors="replace")
    os.ftruncate(handle, 0)
    line = " ".join(text.split())
    return line if len(line) <= _MOST else f"{line[: _MOST - 3]}..."


def joined(message: str) -> str:
    """Add what libraries have said to what went wrong."""
    text = said()
    return f"{message} (a library says: {text})" if text else message


def _is_wanted() -> bool:
    if fcntl is None or os.environ.get("SEGPRIOR_TRACEBACK"):
        return False
    try:
        return sys.stderr.fileno() == _STDERR
    except (AttributeError, OSError, ValueError):
        return False  # it is somebody else's, as in a notebook


def _redirected() -> Any:
    sys.stderr.flush()
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115
    except OSError:  # no room: then it is lost
        file = open(os.devnull, "w+b")  # noqa: SIM115, PTH123
    # Whatever was read and dropped, and whoever else writes there, the next goes to the end.
    flags = fcntl.fcntl(file.fileno(), fcntl.F_GETFL)
    fcntl.fcntl(file.fileno(), fcntl.F_SETFL, flags | os.O_APPEND)
    os.dup2(file.fileno(), _STDERR)
    # Some log instead, which Python writes to standard error unless somebody has set up logging.
    _State.log = logging.lastResort
    logging.lastResort = logging.StreamHandler(open(_STDERR, "w", closefd=False))  # noqa: SIM115
    logging.lastResort.setLevel(logging.WARNING)
    return file
