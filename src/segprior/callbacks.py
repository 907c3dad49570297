"""What long work tells about itself, and how it can be stopped.

The core never prints. It calls ``callback(event)`` once per member and iteration, one call at a
time (never two at once), from whichever thread fits the member. A callback that returns
``True`` stops that member where it is, and its latest output counts; one that raises
:class:`segprior.errors.Cancelled` ends the whole call with that exception.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Callback", "EarlyStopping", "Event", "ProgressBar", "chain"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One iteration of one member.

    Attributes
    ----------
    stage : str
        What is being done, ``"prior"`` for the fit of a prior, ``"segment"`` for clustering.
    member, members : int
        Which member, from 0, and how many there are.
    iteration, iterations : int
        The iteration just done, from 1, and how many there will be at most.
    loss : float
        The loss of this iteration.
    labels : int or None
        Distinct labels at this iteration of clustering.
    label_map : ndarray of int64, shape (h, w), or None
        Those labels, from 0, at the working size.
    """

    stage: str
    member: int
    members: int
    iteration: int
    iterations: int
    loss: float
    labels: int | None = None
    label_map: NDArray[np.int64] | None = field(default=None, repr=False, compare=False)


Callback = Callable[[Event], bool | None]


def chain(*callbacks: Callback | None) -> Callback | None:
    """Join callbacks into one that calls each in order; it stops the member if any of them does.

    ``None`` entries are skipped; with nothing left the result is ``None``.
    """
    kept = [callback for callback in callbacks if callback is not None]
    if not kept:
        return None

    def joined(event: Event) -> bool:
        answers = [callback(event) for callback in kept]
        return any(answer is True for answer in answers)

    return joined


class EarlyStopping:
    """Stop a member once its loss has not fallen by ``min_delta`` for ``patience`` iterations.

    Parameters
    ----------
    patience : int
        How many iterations in a row may pass without a new best loss.
    min_delta : float
        By how much a loss must beat the best one before to count as better.
    """

    def __init__(self, patience: int = 10, min_delta: float = 1e-4) -> None:
        self.patience = patience
        self.min_delta = min_delta
        self._best: dict[int, tuple[float, int]] = {}

    def __call__(self, event: Event) -> bool:
        if event.iteration == 1:
            self._best.pop(event.member, None)
        loss, at = self._best.get(event.member, (float("inf"), event.iteration))
        if event.loss < loss - self.min_delta:
            self._best[event.member] = (event.loss, event.iteration)
            return False
        return event.iteration - at >= self.patience


class ProgressBar:
    """A ``tqdm`` bar over all members and iterations of a fit; use it as a context manager.

    It starts anew with each stage.

    Parameters
    ----------
    description : str
        Text in front of the bar.
    **options
        Passed to ``tqdm.tqdm``, for example ``disable=True``.
    """

    def __init__(self, description: str = "", **options: Any) -> None:
        from tqdm import tqdm

        self._bar = tqdm(desc=description, unit="it", leave=False, **options)
        self._done: dict[int, int] = {}
        self._stage = ""

    def __call__(self, event: Event) -> None:
        if event.stage != self._stage:
            self._stage = event.stage
            self._done.clear()
            self._bar.reset(total=event.members * event.iterations)
        self._bar.update(event.iteration - self._done.get(event.member, 0))
        self._done[event.member] = event.iteration

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
