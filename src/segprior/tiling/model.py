"""One model for all tiles of an image: what a method offers, and what it is fitted with."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from segprior.callbacks import Callback, Event
from segprior.errors import Cancelled, ConfigError
from segprior.tiling.grid import Tile, Tiling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.tiling.overview import Overview

__all__ = ["Fitting", "TileModel", "refuse_whole"]

R = TypeVar("R")


class TileModel(Protocol):
    """What has been decided for the image as a whole, applied to one tile after another.

    A method that works in tiles is a function ``fit(fitting, config) -> TileModel``, which looks
    at `Fitting.image` reduced, at some of its tiles, or both, and a class with this protocol.

    Attributes
    ----------
    mask : bool
        Whether the labels are those of a mask, 0 and 1.
    largest : int
        The largest label that there can be.
    certainty : float
        Of the decision for the whole, in [0, 1]; a factor of the score.
    evidence : dict of str to float
        Named numbers behind it.
    """

    mask: bool
    largest: int
    certainty: float
    evidence: dict[str, float]

    def scores(self, tile: Tile) -> NDArray[np.float32]:
        """Return maps over a tile, (K, rows, columns), that mean the same on all tiles.

        They are blended linearly where tiles overlap, and then enlarged bilinearly. May be called
        for several tiles at a time; the array belongs to the caller.
        """

    def labels(self, scores: NDArray[np.float32]) -> NDArray[Any]:
        """Decide on labels, (rows, columns), from blended scores of any pixels."""

    def confidence(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how sure those are, in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """An image in tiles, and how to work through them.

    Attributes
    ----------
    image : Overview
        The image at the scale at which it is worked on.
    tiling : Tiling
        Of that.
    sampled : list of Tile
        Those to fit a model on.
    seed : int
    device : str
    workers : int
        Tiles at a time.
    callback : callable or None
        Told of each tile.
    """

    image: Overview
    tiling: Tiling
    sampled: list[Tile]
    seed: int
    device: str = "cpu"
    workers: int = 1
    callback: Callback | None = None
    _given_up: threading.Event = field(default_factory=threading.Event)

    def read(self, tile: Tile) -> NDArray[np.float32]:
        """Return the image there, (rows, columns, C)."""
        return self.image.read(tile.rows, tile.columns)

    def tile_seed(self, tile: Tile) -> int:
        """Seed of a tile: by its place, so that the order of the work does not count."""
        place = (tile.rows.start, tile.columns.start)
        state = np.random.SeedSequence(self.seed, spawn_key=place).generate_state(1, np.uint64)
        return int(state[0] >> np.uint64(1))

    def give_up(self) -> None:
        """End what is being done on tiles as soon as it can be."""
        self._given_up.set()

    def unless_given_up(self, event: Event) -> None:
        """A callback for what is done on a tile: ends it once the whole has been given up."""
        if self._given_up.is_set():
            raise Cancelled("interrupted")

    def each(
        self, function: Callable[[Tile], R], tiles: Iterable[Tile], stage: str, count: int
    ) -> Iterator[tuple[Tile, R]]:
        """Do something with each tile, some at a time; yield the results in order.

        No more than one result is waiting beside those that are worked on.
        """
        waiting: deque[tuple[Tile, Future[R]]] = deque()
        source = iter(tiles)
        with ThreadPoolExecutor(self.workers, initializer=_one_thread_each) as pool:
            try:
                for number in range(1, count + 1):
                    while len(waiting) <= self.workers and (tile := next(source, None)):
                        waiting.append((tile, pool.submit(function, tile)))
                    tile, future = waiting.popleft()
                    result = future.result()
                    self._tell(stage, number, count)
                    yield tile, result
            except BaseException:
                self.give_up()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _tell(self, stage: str, number: int, count: int) -> None:
        if self.callback is not None:
            event = Event(
                stage=stage,
                member=0,
                members=1,
                iteration=number,
                iterations=count,
                loss=float("nan"),
            )
            self.callback(event)


def refuse_whole(config: object, names: Iterable[str], what: str) -> None:
    """Refuse options that need the result in one piece.

    Parameters
    ----------
    config : object
        Has them as attributes.
    names : iterable of str
        The options.
    what : str
        What the result is, for the message.

    Raises
    ------
    ConfigError
        If one of them is set.
    """
    for name in names:
        if value := getattr(config, name):
            raise ConfigError(
                f", which needs the {what} in one piece",
                option=name,
                got=value,
                cure="leave it out",
            )


def _one_thread_each() -> None:
    import sys

    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)
