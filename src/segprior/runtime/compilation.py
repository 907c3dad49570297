"""Lets those who show progress know that loops are compiled, as happens at their first use."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["compiling", "ignore", "listen"]

_listeners: list[Callable[[], None]] = []


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
