"""How many bytes a file may become in memory, whatever it promises, and how many pixels."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from segprior.config.checks import MAX_PIXELS
from segprior.errors import ImageError
from segprior.messages import Setting

__all__ = ["budget", "check_bytes", "check_values", "limited", "memory_there", "pixel_limit"]

_SHARE = 4
_UNKNOWN = 8 << 30
# Where Linux tells a container how much it may have, in the two versions of control groups.
_PLACES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")

# Of masks, label maps, priors and all else that is read beside an image: pixels and bytes.
_LIMITS: ContextVar[tuple[int | None, int | None]] = ContextVar(
    "segprior.limits", default=(MAX_PIXELS, None)
)


@contextmanager
def limited(*, max_pixels: int | None = MAX_PIXELS, max_bytes: int | None = None) -> Iterator[None]:
    """Hold all files that are read meanwhile in this thread to the limits of an image.

    Parameters
    ----------
    max_pixels, max_bytes : int or None
        As for :func:`segprior.as_image`, for what is read without limits of its own.
    """
    before = _LIMITS.set((max_pixels, max_bytes))
    try:
        yield
    finally:
        _LIMITS.reset(before)


def pixel_limit(at_least: int = 0) -> int | None:
    """Pixels that a mask or label map may have; an image that is there already needs `at_least`."""
    limit = _LIMITS.get()[0]
    return None if limit is None else max(limit, at_least)


@cache
def memory_there() -> int:
    """Bytes of memory of this machine, or those that this container or process may have."""
    found = [_machine()]
    for place in _PLACES:
        try:
            found.append(int(Path(place).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    if sys.platform != "win32":
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            found.append(limit)
    return min(found)


def _machine() -> int:
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong()
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024 or _UNKNOWN
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return _UNKNOWN


def budget(max_bytes: int | None = None) -> int:
    """Bytes that one file may become: as given or `limited`, or a quarter of the memory."""
    limit = _LIMITS.get()[1] if max_bytes is None else max_bytes
    return memory_there() // _SHARE if limit is None else limit


def check_bytes(needed: int, max_bytes: int | None, name: str) -> None:
    """Refuse what would take more memory than one file may, before it is taken.

    Parameters
    ----------
    needed : int
        Bytes.
    max_bytes : int or None
        As for :func:`budget`.
    name : str
        What needs them, for the message.

    Raises
    ------
    ImageError
        If it is more.
    """
    limit = budget(max_bytes)
    if needed > limit:
        raise ImageError(
            f"{name}: would take {_size(needed)} in memory, above the limit of {_size(limit)}",
            cure=("reduce it or raise ", Setting("max_bytes")),
        )


def check_values(
    shape: tuple[int, ...], itemsize: int, max_bytes: int | None, name: str, *, extra: int = 4
) -> None:
    """Refuse an array with all its channels, as :func:`check_bytes` does.

    Parameters
    ----------
    shape : tuple of int
    itemsize : int
        Bytes of a value as it is stored.
    max_bytes, name
        As there.
    extra : int
        Bytes that each value takes besides: 4 for the float32 that an image becomes.
    """
    check_bytes(math.prod(shape) * (itemsize + extra), max_bytes, name)


def _size(number: int) -> str:
    for unit, letter in ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")):
        if number >= unit:
            return f"{number / unit:.3g}{letter}B"
    return f"{number} bytes"
