"""A hierarchy of regions (a dendrogram): its cuts, and its ultrametric contour map."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segprior.config.checks import at_least, zero_to_one
from segprior.errors import ConfigError
from segprior.regions.label_map import by_area

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEVELS", "Hierarchy", "confidence_of", "cut_table", "meeting_costs"]


def cut_table(merges: NDArray[Any], done: int) -> NDArray[np.int32]:
    """Which region each one is part of after some merges.

    Parameters
    ----------
    merges : ndarray of int, shape (n - 1, 2)
        The second number is from then on part of the first.
    done : int
        How many of them count.

    Returns
    -------
    ndarray of int32, shape (n,)
        The region that stands for the segment.

    Examples
    --------
    >>> cut_table(np.array([[0, 2], [0, 1]]), 1).tolist()
    [0, 1, 0]
    """
    roots = list(range(len(merges) + 1))
    for one, other in merges[:done][::-1].tolist():  # backwards, what took others is known already
        roots[other] = roots[one]
    return np.array(roots, np.int32)


def confidence_of(
    merges: NDArray[Any], costs: NDArray[np.float64], done: int, cost: float
) -> NDArray[np.float32]:
    """1 - cost / next of the segments of a cut.

    Parameters
    ----------
    merges, done
        As in :func:`cut_table`.
    costs : ndarray of float64, shape (n - 1,)
    cost : float
        Of the cut.

    Returns
    -------
    ndarray of float32, shape (n,)
        In [0, 1], at the region that stands for each segment; 1 elsewhere.
    """
    sure = np.ones(len(merges) + 1, np.float32)
    regions, first = np.unique(merges[done:].ravel(), return_index=True)
    following = np.maximum(costs[done + first // 2], max(cost, np.finfo(float).tiny))
    sure[regions] = 1 - cost / following
    return sure


def meeting_costs(
    merges: NDArray[Any], costs: NDArray[np.float64], one: NDArray[Any], other: NDArray[Any]
) -> NDArray[np.float64]:
    """The cost at which each of some pairs of regions become one.

    Parameters
    ----------
    merges, costs
        As in :func:`confidence_of`.
    one, other : ndarray of int, shape (k,)
        Regions.

    Returns
    -------
    ndarray of float64, shape (k,)
        0 where a region meets itself.
    """
    count = len(merges) + 1
    pairs, place = np.unique(
        np.minimum(one, other).astype(np.int64) * count + np.maximum(one, other),
        return_inverse=True,
    )
    into, when = np.arange(count), np.full(count, len(merges))
    into[merges[:, 1]] = merges[:, 0]
    when[merges[:, 1]] = np.arange(len(merges))
    a, b = np.divmod(pairs, count)
    found = np.zeros(len(pairs))
    apart = np.flatnonzero(a != b)
    while len(apart):  # of each pair, the one that was taken first moves on
        left = when[a[apart]] < when[b[apart]]
        moving = np.where(left, a[apart], b[apart])
        found[apart] = costs[when[moving]]
        a[apart[left]] = into[moving[left]]
        b[apart[~left]] = into[moving[~left]]
        apart = apart[a[apart] != b[apart]]
    return found[place]


# Costs up to which regions are merged at coarseness 0, 0.5 and 1: 100, 50 and 25 segments on
# average on every fifth BSDS train image, with the prior and without; with less covering falls. The
# one in the middle without it leaves out 198023, where hundreds of regions merge at one cost.
LEVELS = {"prior": (30.87, 34.55, 40.23), "image": (33.53, 37.6, 44.08)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Hierarchy:
    """Nested segments of one image: a dendrogram of its regions.

    Attributes
    ----------
    regions : ndarray of int32, shape (H, W)
        The finest segments, from 0.
    merges : ndarray of int32, shape (n - 1, 2)
        Which of the n regions became one, in this order: the second is from then on part of the
        first, which is the lower number.
    costs : ndarray of float64, shape (n - 1,)
        What each merge cost; never falling.
    levels : (float, float, float)
        The costs at which ``coarseness`` 0, 0.5 and 1 cut.
    edges : {"prior", "image"}
        Whether the prior had a say.
    config : SegmentConfig
    seed : int
    seconds : float
        How long it took, with the fit of the prior if there was one.

    Examples
    --------
    >>> import numpy as np
    >>> import segprior
    >>> image = np.full((32, 48, 3), 40, np.uint8)
    >>> image[8:24, 12:36] = (200, 40, 40)
    >>> found = segprior.segment_hierarchy(image, edges="image")
    >>> np.unique(found.cut(n_segments=2)).tolist()
    [1, 2]
    """

    regions: NDArray[np.int32]
    merges: NDArray[np.int32]
    costs: NDArray[np.float64]
    levels: tuple[float, float, float]
    edges: Literal["prior", "image"]
    config: Any
    seed: int
    seconds: float
    _tables: dict[int, NDArray[np.int32]] = field(default_factory=dict, repr=False)

    @property
    def n_regions(self) -> int:
        """Number of the finest segments."""
        return len(self.costs) + 1

    def cost(self, coarseness: float) -> float:
        """The cost at which a coarseness cuts.

        Parameters
        ----------
        coarseness : float
            From 0 to 1; between the three levels the logarithm follows a parabola.

        Raises
        ------
        ConfigError
            If it is out of range.
        """
        zero_to_one("coarseness", coarseness)
        c = coarseness
        shares = ((1 - c) * (1 - 2 * c), 4 * c * (1 - c), c * (2 * c - 1))
        return math.exp(sum(s * math.log(t) for s, t in zip(shares, self.levels, strict=True)))

    def count(
        self,
        *,
        coarseness: float | None = None,
        cost: float | None = None,
        n_segments: int | None = None,
    ) -> int:
        """How many segments a cut has; the arguments are those of :meth:`cut`."""
        given = [value is not None for value in (coarseness, cost, n_segments)]
        if sum(given) != 1:
            raise ConfigError("pass one of coarseness=, cost= and n_segments=")
        if n_segments is not None:
            if not 1 <= n_segments <= self.n_regions:
                raise ConfigError(
                    f"got n_segments={n_segments!r} for {self.n_regions} regions; pass a whole "
                    "number from 1 to that"
                )
            return int(n_segments)
        limit: Any = cost if coarseness is None else self.cost(coarseness)
        return self.n_regions - int(np.count_nonzero(self.costs <= limit))

    def cut(
        self,
        *,
        coarseness: float | None = None,
        cost: float | None = None,
        n_segments: int | None = None,
    ) -> NDArray[np.int32]:
        """Return the segments of one level.

        Every segment of a finer cut lies in one of a coarser.

        Parameters
        ----------
        coarseness : float, optional
            From 0, about 100 segments on a photograph, to 1, about 25.
        cost : float, optional
            Up to which cost regions are merged.
        n_segments : int, optional
            How many segments.

        Returns
        -------
        ndarray of int32, shape (H, W)
            1 to n, from the largest area to the smallest.

        Raises
        ------
        ConfigError
            If not exactly one of the three is given, or out of range.
        """
        return by_area(
            self._table(self.count(coarseness=coarseness, cost=cost, n_segments=n_segments))[
                self.regions
            ]
        )

    def confidence(self, n_segments: int, cost: float | None = None) -> NDArray[np.float32]:
        """How far each segment of a cut is from being merged.

        Parameters
        ----------
        n_segments : int
            Which cut.
        cost : float, optional
            The cost at which it was made; by default that of the last merge before it.

        Returns
        -------
        ndarray of float32, shape (H, W)
            1 - cost / next, with the cost at which the segment of the pixel would next be merged;
            1 if there is but one segment.

        Raises
        ------
        ConfigError
            If there is no such cut.
        """
        at_least("n_segments", n_segments, 1)
        if n_segments > self.n_regions:
            raise ConfigError(
                option="n_segments", got=n_segments, cure=f"pass {self.n_regions} at most"
            )
        done = self.n_regions - n_segments
        if cost is None:
            cost = float(self.costs[done - 1]) if done else 0.0
        sure = confidence_of(self.merges, self.costs, done, cost)
        return sure[self._table(n_segments)][self.regions]

    def boundaries(self) -> NDArray[np.float32]:
        """Return the ultrametric contour map: the cost at which each boundary vanishes.

        Returns
        -------
        ndarray of float32, shape (H, W)
            The largest over the neighbours to the right and below; 0 inside the regions. Where it
            lies above a cost are the boundaries of the cut at this cost.
        """
        found = np.zeros(self.regions.shape, np.float32)
        for one, other in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
            a, b = self.regions[one], self.regions[other]
            differ = a != b
            part = found[one]
            costs = meeting_costs(self.merges, self.costs, a[differ], b[differ])
            part[differ] = np.maximum(part[differ], costs)
        return found

    def _table(self, n_segments: int) -> NDArray[np.int32]:
        """The segment that each region is part of, by the lowest region in it."""
        if n_segments not in self._tables:
            self._tables.clear()
            self._tables[n_segments] = cut_table(self.merges, self.n_regions - n_segments)
        return self._tables[n_segments]
