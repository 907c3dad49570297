"""Fit generators to one image: the loop of the prior, member by member or all at once.

On a CPU each member is fitted on one thread at a time, as many side by side as PyTorch is set to
use, so that the number of threads never changes a result. Where members do not come out even, the
last ones take turns, some iterations at a time, so that no thread is idle. On other devices the
members are fitted together, as groups of channels of one network.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, wait
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from segprior.callbacks import Callback, Event
from segprior.config.prior import PriorConfig
from segprior.nn.select import compiled_is_for
from segprior.nn.shared.engine import Engine
from segprior.runtime.devices import (
    one_torch_thread,
    resolve_device,
    side_by_side,
    thread_count,
)
from segprior.runtime.malloc import steady_heap

__all__ = ["Run", "fit_members"]

_PIXELS_TOGETHER = 1 << 24
_PIXELS_IN_TURNS = 1 << 20  # above, another member at once would take too much memory
_TURNS = 16


@dataclass(kw_only=True)
class Run:
    """What one member leaves behind, all of it on the padded grid.

    Attributes
    ----------
    losses : ndarray of float32, shape (passes,)
        NaN after an early stop.
    output : ndarray of float32, shape (rows, columns, C)
        Output of the forward pass that the configuration takes for the prior, or of the last one
        made where the member stopped before.
    snapshots : dict of int to ndarray
        Output by iteration; that of the last one made where the member stopped before.
    features : dict of (str, int) to ndarray of float32, shape (rows', columns', width)
        Output of a block by block and iteration, likewise.
    """

    losses: NDArray[np.float32]
    output: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    snapshots: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    features: dict[tuple[str, int], NDArray[np.float32]] = field(default_factory=dict)


class _Announcer:
    """Calls the callback, never twice at once, and tells all members when to give up."""

    def __init__(self, callback: Callback | None, config: PriorConfig) -> None:
        self.callback = callback
        self.config = config
        self.given_up = threading.Event()
        self._lock = threading.Lock()

    def stops(self, member: int, iteration: int, loss: float) -> bool:
        if self.callback is None:
            return False
        event = Event(
            stage="prior",
            member=member,
            members=self.config.members,
            iteration=iteration,
            iterations=self.config.passes,
            loss=loss,
        )
        with self._lock:
            if self.given_up.is_set():
                return True
            try:
                return self.callback(event) is True
            except BaseException:
                self.given_up.set()
                raise


def fit_members(
    target: NDArray[np.float32],
    seeds: Sequence[int],
    config: PriorConfig,
    device: str = "auto",
    callback: Callback | None = None,
    noise_seed: int | None = None,
) -> list[Run]:
    """Fit one generator per seed to the image.

    Parameters
    ----------
    target : ndarray of float32, shape (rows, columns, C)
        In [0, 1]; the sides are multiples of 8 and at least 16.
    seeds : sequence of int
        One per member.
    config : PriorConfig
        Its ``members`` is only reported to the callback.
    device : str
        Where to fit, as in :func:`segprior.runtime.devices.resolve_device`.
    callback : callable, optional
        See :mod:`segprior.callbacks`.
    noise_seed : int, optional
        Seed of one noise for all members; without it each draws its own.

    Returns
    -------
    list of Run
        One per seed.

    Raises
    ------
    ConfigError
        If there is no such device.
    """
    announcer = _Announcer(callback, config)
    if not compiled_is_for(device):
        with one_torch_thread():
            return _on_device(target, seeds, config, device, announcer, noise_seed)

    from segprior.nn.compiled.engine import CompiledEngine

    runs = [_blank(config) for _ in seeds]

    def steps(member: int) -> Iterator[None]:
        engine = CompiledEngine(target, seeds[member], config, noise_seed)
        yield from _steps(engine, [runs[member]], member, config, announcer)

    threads = min(len(seeds), thread_count())
    small = target.shape[0] * target.shape[1] <= _PIXELS_IN_TURNS
    odd = len(seeds) % threads if small else 0
    whole = len(seeds) - (threads + odd if odd else 0)
    waiting = deque(steps(member) for member in range(whole, len(seeds)))

    def alone(member: int) -> None:
        deque(steps(member), maxlen=0)

    def in_turns() -> None:
        while waiting and not announcer.given_up.is_set():
            try:
                member = waiting.popleft()
            except IndexError:  # another thread was quicker
                return
            if sum(1 for _ in islice(member, turn)) == turn:
                waiting.append(member)

    turn = max(1, config.passes // _TURNS)
    with steady_heap(), side_by_side(len(seeds)) as pool:
        futures = [pool.submit(alone, member) for member in range(whole)]
        futures += [pool.submit(in_turns) for _ in range(threads if odd else 0)]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            announcer.given_up.set()
            for future in futures:
                future.cancel()
            raise
    return runs


def _on_device(
    target: NDArray[np.float32],
    seeds: Sequence[int],
    config: PriorConfig,
    device: str,
    announcer: _Announcer,
    noise_seed: int | None,
) -> list[Run]:
    from segprior.nn.torch.engine import TorchEngine

    chosen = resolve_device(device)
    together = max(1, _PIXELS_TOGETHER // (target.shape[0] * target.shape[1]))
    runs: list[Run] = []
    for first in range(0, len(seeds), together):
        part = seeds[first : first + together]
        engine = TorchEngine(target, part, config, chosen, noise_seed)
        runs += _fit(engine, len(part), first, config, announcer)
    return runs


def _fit(
    engine: Engine, members: int, first: int, config: PriorConfig, announcer: _Announcer
) -> list[Run]:
    """Fit the ``members`` generators of an engine; ``first`` is the number of the first."""
    runs = [_blank(config) for _ in range(members)]
    deque(_steps(engine, runs, first, config, announcer), maxlen=0)
    return runs


def _blank(config: PriorConfig) -> Run:
    return Run(losses=np.full(config.passes, np.nan, np.float32))


def _steps(
    engine: Engine, runs: list[Run], first: int, config: PriorConfig, announcer: _Announcer
) -> Iterator[None]:
    """The same, an iteration at a time, into ``runs``."""
    going = dict(enumerate(runs))
    wanted = {config.iterations, *config.snapshots, *(at for _, at in config.features)}
    for iteration in range(1, config.passes + 1):
        if announcer.given_up.is_set():
            break
        for place, loss in enumerate(engine.forward()):
            if place not in going:
                continue
            run = going[place]
            run.losses[iteration - 1] = loss
            last = announcer.stops(first + place, iteration, loss) or iteration == config.passes
            due = {at for at in wanted if at == iteration or (last and at > iteration)}
            if due:
                output = engine.output(place)
                if config.iterations in due:
                    run.output = output
                run.snapshots |= {at: output for at in config.snapshots if at in due}
            for block, at in config.features:
                if at in due:
                    run.features[block, at] = engine.features(block, place)
            if last:
                del going[place]
        if not going:
            break
        engine.update()
        yield
