"""Being stopped from outside: by Ctrl-C, by SIGTERM, by a terminal that closes.

SLURM, Kubernetes and systemd send SIGTERM some time before they kill; a terminal that closes, or a
connection that breaks, sends SIGHUP. All three end a command alike.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["deaf", "exit_code", "finishing", "stoppable", "stopped_by", "word"]

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))


class _State:
    """What has happened in this process."""

    stopped_by: int | None = None  # the first signal
    depth = 0  # of `stoppable`
    holding = 0  # of `finishing`
    due = False  # a signal came while that lasted


def stopped_by() -> int | None:
    """Return the number of the signal that ended the work, if one has."""
    return _State.stopped_by


def exit_code() -> int:
    """Return the exit code of a command that was stopped: 130, 143 or 129."""
    return 128 + (_State.stopped_by or signal.SIGINT)


def word() -> str:
    """Say by what a command was stopped."""
    number = _State.stopped_by or signal.SIGINT
    return "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"


@contextmanager
def stoppable() -> Iterator[None]:
    """Let the signals raise KeyboardInterrupt in the main thread while this lasts.

    After the first, SIGTERM and SIGHUP do nothing more, so that what is at hand can be put in
    order; a second Ctrl-C interrupts that too. SIGTERM and SIGHUP that are ignored, as SIGHUP is
    under ``nohup``, stay so; SIGINT is ignored by what a script has started with ``&``, which
    somebody who sends it there does not mean.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if _State.depth == 0:
        _State.stopped_by, _State.due = None, False
    before = {}
    _State.depth += 1
    try:
        for number in _SIGNALS:
            if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, _stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _State.depth -= 1


def _stop(number: int, frame: FrameType | None) -> None:
    is_first = _State.stopped_by is None
    if is_first:
        _State.stopped_by = number
    if _State.holding:
        _State.due = True
    elif is_first or number == signal.SIGINT:
        raise KeyboardInterrupt


@contextmanager
def finishing() -> Iterator[None]:
    """Put a stop off while this lasts, where `stoppable` is in force: what it holds is short."""
    _State.holding += 1
    try:
        yield
    finally:
        _State.holding -= 1
    if _State.due and not _State.holding:
        _State.due = False
        raise KeyboardInterrupt


@contextmanager
def deaf() -> Iterator[None]:
    """Start a process deaf to Ctrl-C and SIGHUP, which it inherits; its parent ends it.

    What comes to this process meanwhile comes afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which, if it started later, would let them through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
