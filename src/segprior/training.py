"""Fit generators to one image: the loop of the prior, member by member or all at once.

On a CPU each member is fitted on one thread, as many side by side as PyTorch is set to use, so
that the number of threads never changes a result. On other devices the members are fitted
together, as groups of channels of one network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segprior.callbacks import Callback, Event
from segprior.config import PriorConfig
from segprior.engines import Engine, TorchEngine, cpu_engine
from segprior.errors import ConfigError
from segprior.heap import steady_heap

__all__ = ["Run", "fit_members", "resolve_device"]

_PIXELS_TOGETHER = 1 << 24


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


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn the ``device`` argument of a public function into a device that is there.

    ``"auto"`` is CUDA if there is one, else Apple's MPS, else the CPU.

    Raises
    ------
    ConfigError
        If there is no such device.
    """
    available: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
        "cpu": lambda: True,
    }
    if device == "auto":
        return torch.device(next(name for name, there in available.items() if there()))
    try:
        chosen = torch.device(device)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in available:
        raise ConfigError(f"no device {str(device)!r}; choose auto, cpu, cuda or mps")
    if not available[chosen.type]():
        raise ConfigError(f"device {str(device)!r} is not available here; pass device='cpu'")
    return chosen


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
    target: Tensor,
    seeds: Sequence[int],
    config: PriorConfig,
    device: torch.device,
    callback: Callback | None = None,
    noise_seed: int | None = None,
) -> list[Run]:
    """Fit one generator per seed to the image.

    Parameters
    ----------
    target : Tensor of float32, shape (1, C, rows, columns)
        On the CPU, in [0, 1]; the sides are multiples of 8 and at least 16.
    seeds : sequence of int
        One per member.
    config : PriorConfig
        Its ``members`` is only reported to the callback.
    device : torch.device
        Where to fit.
    callback : callable, optional
        See :mod:`segprior.callbacks`.
    noise_seed : int, optional
        Seed of one noise for all members; without it each draws its own.

    Returns
    -------
    list of Run
        One per seed.
    """
    announcer = _Announcer(callback, config)
    if device.type != "cpu":
        together = max(1, _PIXELS_TOGETHER // (target.shape[2] * target.shape[3]))
        runs: list[Run] = []
        for first in range(0, len(seeds), together):
            part = seeds[first : first + together]
            engine = TorchEngine(target, part, config, device, noise_seed=noise_seed)
            runs += _fit(engine, len(part), first, config, announcer)
        return runs

    make = cpu_engine(target, config, noise_seed)

    def alone(member: int) -> Run:
        return _fit(make(seeds[member]), 1, member, config, announcer)[0]

    with steady_heap(), _side_by_side(len(seeds)) as pool:
        futures = [pool.submit(alone, member) for member in range(len(seeds))]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            announcer.given_up.set()
            for future in futures:
                future.cancel()
            raise
        return [future.result() for future in futures]


@contextmanager
def _side_by_side(members: int) -> Iterator[ThreadPoolExecutor]:
    threads = torch.get_num_threads()
    one_thread: Callable[[], None] = lambda: torch.set_num_threads(1)  # noqa: E731
    try:
        with ThreadPoolExecutor(min(members, threads), initializer=one_thread) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)


def _fit(
    engine: Engine, members: int, first: int, config: PriorConfig, announcer: _Announcer
) -> list[Run]:
    """Fit the ``members`` generators of an engine; ``first`` is the number of the first."""
    runs = [Run(losses=np.full(config.passes, np.nan, np.float32)) for _ in range(members)]
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
    return runs
