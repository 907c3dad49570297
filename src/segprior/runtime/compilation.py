"""Functions compiled by Numba at their first use, and who is told when that happens."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

__all__ = ["compiling", "exact", "ignore", "jit", "listen", "part"]

# Sums may be taken in another order (the compiler's, fixed once compiled); NaN and infinity keep
# their meaning.
_FAST = {"contract", "reassoc", "nsz", "arcp"}

_listeners: list[Callable[[], None]] = []


def jit(function: Any, **more: Any) -> Any:
    """Compile a function at its first call, to hold no lock; keep the result if possible."""
    from numba import njit

    _hear()
    options: dict[str, Any] = {"nogil": True, "fastmath": _FAST, "error_model": "numpy", **more}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in can be written to
        return njit(**options)(function)


def part(function: Any) -> Any:
    """Compile a function that others call into each of these.

    Of a function apart there may be several versions in a process, one of each caller, whose sums
    are in different orders; which one is called depends on what was compiled and what loaded.
    """
    return jit(function, forceinline=True)


def exact(function: Any) -> Any:
    """Compile as :func:`part` does, with sums in the order written."""
    return jit(function, fastmath=False, forceinline=True)


def listen(listener: Callable[[], None]) -> None:
    """Call ``listener()`` whenever a loop begins to be compiled, in the thread that needs it."""
    _listeners.append(listener)


def ignore(listener: Callable[[], None]) -> None:
    """Call it no more; nothing happens if it was not called before."""
    if listener in _listeners:
        _listeners.remove(listener)


def compiling() -> None:
    """Tell all listeners that a loop is compiled now."""
    for listener in list(_listeners):
        listener()


@functools.cache
def _hear() -> None:
    """Pass on what Numba says when it compiles, rather than loads, one of our functions."""
    from numba.core import event

    class Compilations(event.Listener):
        def on_start(self, event: Any) -> None:
            if event.data["dispatcher"].py_func.__module__.startswith("segprior."):
                compiling()

        def on_end(self, event: Any) -> None:
            pass

    event.register("numba:compile", Compilations())  # type: ignore[no-untyped-call]
