"""Keep freed memory for reuse while a network is being fitted.

Each iteration frees tensors of several megabytes and asks for the same again. The C library gives
such blocks back to the system at once, and the system hands them out again page by page, each page
cleared: on large images that costs as much as the convolutions.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

__all__ = ["c_library", "steady_heap"]

# Parameters of mallopt in glibc's malloc.h, and the largest values that glibc itself moves its
# thresholds to when it adapts them (mallopt(3)).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_USUAL_TRIM, _USUAL_MMAP = 64 << 20, 32 << 20

_lock = threading.Lock()
_users = 0


@lru_cache(maxsize=1)
def c_library() -> Any:
    """Return glibc, or None where it is not what the process runs on."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL("libc.so.6")
        return libc if libc.mallopt and libc.malloc_trim else None
    except (OSError, AttributeError):
        return None


@contextmanager
def steady_heap() -> Iterator[None]:
    """Let the heap of the process keep what is freed inside; give it back at the end.

    Works with glibc and does nothing elsewhere. May be nested and used by several threads.
    """
    global _users
    libc = c_library()
    if libc is None:
        yield
        return
    with _lock:
        _users += 1
        libc.mallopt(_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                libc.mallopt(_MMAP_THRESHOLD, _USUAL_MMAP)
                libc.mallopt(_TRIM_THRESHOLD, _USUAL_TRIM)
                libc.malloc_trim(0)
