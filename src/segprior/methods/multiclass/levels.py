"""A hierarchy of regions (a dendrogram): its cuts, contour map, tree and file."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segprior.config.checks import at_least, zero_to_one
from segprior.errors import ConfigError, OutputError
from segprior.io.image import MAX_PIXELS
from segprior.regions.contours import as_picture, contour_map, double_contour_map, shaded
from segprior.regions.dendrogram import Tree, confidence_of, cut_table, label_table, make_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEVELS", "UCM_SUFFIXES", "Hierarchy"]

UCM_SUFFIXES = (".png", ".tif", ".tiff", ".npy")
"""Of the files that keep the costs of a contour map."""


# Costs up to which regions are merged at coarseness 0, 0.5 and 1: 120, 75 and 40 segments on
# average on BSDS train images, with the prior on every fifth of them, and without.
LEVELS = {"prior": (3.93, 4.7, 6.41), "image": (4.66, 5.64, 7.85)}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
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
        How long it took, with the fit of the prior if there was one; NaN if it was loaded, for
        files of the same hierarchy are the same bytes.
    valid : ndarray of bool, shape (H, W), or None
        Where the image has data, if not everywhere; elsewhere cuts have label 0.

    Examples
    --------
    >>> import numpy as np
    >>> import segprior
    >>> image = np.full((32, 48, 3), 40, np.uint8)
    >>> image[8:24, 12:36] = (200, 40, 40)
    >>> found = segprior.segment_hierarchy(image, edges="image")
    >>> found
    Hierarchy(32 x 48 pixels, ... regions; 2, 2, 2 segments at coarseness 0, 0.5, 1; edges of ...)
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
    valid: NDArray[np.bool_] | None = None
    _tables: dict[int, NDArray[np.int32]] = field(default_factory=dict)

    def __repr__(self) -> str:
        rows, columns = self.regions.shape
        counts = ", ".join(str(self.count(coarseness=level)) for level in (0, 0.5, 1))
        return (
            f"Hierarchy({rows} x {columns} pixels, {self.n_regions} regions; {counts} segments at "
            f"coarseness 0, 0.5, 1; edges of the {self.edges}, seed {self.seed})"
        )

    def _repr_png_(self) -> bytes:
        """Its boundaries for a notebook, the darker the longer they last; black at coarseness 1."""
        from segprior.io.formats.png import encode_png

        return encode_png(shaded(self.ucm(), self.cost(1), longest=1000))

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
            From 0, about 120 segments on a photograph, to 1, about 40.
        cost : float, optional
            Up to which cost regions are merged.
        n_segments : int, optional
            How many segments.

        Returns
        -------
        ndarray of int32, shape (H, W)
            1 to n, from the largest area to the smallest; 0 where there is no data.

        Raises
        ------
        ConfigError
            If not exactly one of the three is given, or out of range.
        """
        n_segments = self.count(coarseness=coarseness, cost=cost, n_segments=n_segments)
        labels = self.everywhere(n_segments)
        if self.valid is not None:
            labels[~self.valid] = 0
        return labels

    def everywhere(self, n_segments: int) -> NDArray[np.int32]:
        """Return the cut of so many segments also where there is no data, (H, W)."""
        found: NDArray[np.int32] = label_table(self._table(n_segments), self._areas)[self.regions]
        return found

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

    def ucm(self, *, double: bool = False) -> NDArray[np.float64]:
        """Return the ultrametric contour map: the cost at which each boundary vanishes.

        Parameters
        ----------
        double : bool
            On the grid between the pixels, as Berkeley's ``ucm2``: each boundary has a place of
            its own. ``segprior.metrics.cut_hierarchy(ucm2, cost)`` gives the connected pieces of
            ``cut(cost=cost)``.

        Returns
        -------
        ndarray of float64, shape (H, W) or (2H + 1, 2W + 1)
            The largest over the neighbours to the right and below, 0 inside the regions: where it
            lies above a cost are the boundaries of the cut at this cost. Double, the pixel in row
            i and column j is at [2i + 1, 2j + 1], and between two pixels is what lies there.

        References
        ----------
        .. [1] P. Arbeláez, M. Maire, C. Fowlkes and J. Malik, "Contour Detection and Hierarchical
           Image Segmentation", IEEE TPAMI 33 (2011), doi:10.1109/TPAMI.2010.161.
        """
        make = double_contour_map if double else contour_map
        return make(self.regions, self.merges, self.costs)

    def save_ucm(self, path: str | os.PathLike[str]) -> Path:
        """Write :meth:`ucm` to a file from which the costs can be read again.

        Parameters
        ----------
        path : str or path-like
            ``.npy`` holds float64, ``.tif`` and ``.tiff`` float32. ``.png`` is something to look
            at as well: 16 bits, v = 65535 · cost / (cost + 10), so that 0 is black, a cost of 10
            half grey, and cost = 40 · v / (65535 - v), right to .01 up to 100.

        Returns
        -------
        pathlib.Path
            ``path``.

        Raises
        ------
        OutputError
            If the suffix is another one or the file cannot be written.
        """
        from segprior.io.pictures import save_picture

        suffix = Path(path).suffix.lower()
        if suffix not in UCM_SUFFIXES:
            raise OutputError(
                f"cannot keep costs in {path}: suffix {suffix!r}; use {', '.join(UCM_SUFFIXES)}"
            )
        ucm = self.ucm()
        if suffix == ".png":
            return save_picture(path, as_picture(ucm))
        return save_picture(path, ucm if suffix == ".npy" else ucm.astype(np.float32))

    def tree(self) -> Tree:
        """Return the dendrogram as a tree: parent, cost and area of every node.

        Returns
        -------
        Tree
            ``parents``, int64, ``altitudes``, float64, and ``areas``, int64, each of shape
            (2n - 1,). The nodes 0 to n - 1 are the regions, of altitude 0; n + k is what merge k
            made, at its cost; the last is the root and its own parent. ``higra.Tree(parents)``
            takes it as it is.
        """
        return make_tree(self.merges, self.costs, self._areas)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the hierarchy to a file, for :meth:`load` and ``segprior segment``.

        The same hierarchy gives the same bytes; ``docs/formats.md`` says which.

        Parameters
        ----------
        path : str or path-like
            Must end in ``.npz``.

        Returns
        -------
        pathlib.Path
            ``path``.

        Raises
        ------
        OutputError
            If the suffix is another one or the file cannot be written.
        """
        from segprior.methods.multiclass.levels_file import write_levels

        return write_levels(path, vars(self))

    @classmethod
    def load(cls, path: object, *, max_pixels: int | None = MAX_PIXELS) -> Hierarchy:
        """Read a hierarchy that :meth:`save` wrote.

        Parameters
        ----------
        path : str, path-like, bytes or binary file object
            The file.
        max_pixels : int or None
            Refuse a hierarchy of more pixels before they are read; None is no limit.

        Raises
        ------
        ImageError
            If it is missing, broken or something else, or has too many pixels.
        """
        from segprior.methods.multiclass.levels_file import read_levels

        return cls(**read_levels(path, max_pixels))

    @cached_property
    def _areas(self) -> NDArray[np.int64]:
        """Pixels of each region."""
        return np.bincount(self.regions.ravel(), minlength=self.n_regions)

    def _table(self, n_segments: int) -> NDArray[np.int32]:
        """The segment that each region is part of, by the lowest region in it."""
        if n_segments not in self._tables:
            self._tables.clear()
            self._tables[n_segments] = cut_table(self.merges, self.n_regions - n_segments)
        return self._tables[n_segments]
