"""What is found once of an image, whatever is marked in it then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.features.textons import colour_words, texton_map
from segprior.image.colour import as_colours
from segprior.image.noise import calm
from segprior.image.resize import resize, working_shape
from segprior.regions.adjacency import laplacian, symmetric
from segprior.regions.band_cut import contrasts
from segprior.regions.merging import Weights as MergingWeights
from segprior.regions.merging import first_regions, judge, merge_judged
from segprior.regions.places import border_lengths, means

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Scene", "colours_of", "look_at"]

# Costs of boundaries above this are all the same: nothing goes there.
_COSTLY = 60.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Regions of an image at its working size, their graph, and words.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of the image.
    colours : ndarray of float32, shape (h, w, C)
        The image at its working size, see :func:`segprior.image.colour.as_colours`.
    regions : ndarray of int32, shape (h, w)
        0 to n - 1.
    first, second : ndarray of int64, shape (m,)
        Regions that touch.
    lengths, costs : ndarray of float64, shape (m,)
        Pixels along the boundary of each pair, and what it costs to merge the two, 20 where a
        boundary is as likely as none.
    textons, tints : ndarray of int64, shape (h, w)
        Words of texture and of colour.
    merges, heights : ndarray of int32, shape (n - 1, 2), and float64, shape (n - 1,)
        The hierarchy of the regions, as in :class:`segprior.Hierarchy`.
    """

    shape: tuple[int, int]
    colours: NDArray[np.float32]
    regions: NDArray[np.int32]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    lengths: NDArray[np.float64]
    costs: NDArray[np.float64]
    textons: NDArray[np.int64]
    tints: NDArray[np.int64]
    merges: NDArray[np.int32]
    heights: NDArray[np.float64]

    @cached_property
    def count(self) -> int:
        """Number of regions."""
        return len(self.heights) + 1

    @cached_property
    def diagonal(self) -> float:
        """Of the image at its working size, in pixels."""
        return math.hypot(*self.regions.shape)

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """Pixels of each region."""
        return np.bincount(self.regions.ravel(), minlength=self.count).astype(np.float64)

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """Mean row and column of each region, (2, n)."""
        rows, columns = np.indices(self.regions.shape)
        return np.stack([self.mean(np.asarray(of)) for of in (rows, columns)])

    @cached_property
    def border(self) -> NDArray[np.float64]:
        """Pixels of each region along the border of the image."""
        return border_lengths(self.regions, self.count)

    @cached_property
    def contrasts(self) -> NDArray[np.float32]:
        """Squared differences of neighbours, (h, w, 4), over their mean."""
        found = contrasts(self.colours)
        return found / np.float32(max(self.contrast, 1e-6))

    @cached_property
    def contrast(self) -> float:
        """Mean squared difference of neighbours."""
        height, width = self.regions.shape
        pairs: int = 4 * height * width - 3 * (height + width) + 2
        total: float = contrasts(self.colours).sum(dtype=np.float64).item()
        return total / max(pairs, 1)

    @cached_property
    def ways(self) -> Any:
        """Costs to go from region to region, a sparse array (n, n), half of it."""
        from scipy import sparse

        costs = np.minimum(self.costs, _COSTLY) + 0.5
        return sparse.coo_array((costs, (self.first, self.second)), (self.count,) * 2).tocsr()

    @cached_property
    def from_border(self) -> NDArray[np.float64]:
        """Cost of the way from the border of the image to each region."""
        return self.way_from(np.flatnonzero(self.border))

    def way_from(self, regions: NDArray[np.intp]) -> NDArray[np.float64]:
        """Cost of the way from the nearest of some regions to each."""
        from scipy.sparse.csgraph import dijkstra

        found: NDArray[np.float64] = dijkstra(
            self.ways, directed=False, indices=regions, min_only=True
        )
        return found

    def laplacian(self, fall: float) -> Any:
        """Laplacian of the region graph, a sparse array (n, n).

        The weight of a link is its length times exp(-cost / fall).
        """
        weights = self.lengths * np.exp(-self.costs / fall)
        return laplacian(symmetric(weights, self.first, self.second, self.count)).tocsc()

    def mean(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Mean of a map, (h, w), over each region, (n,)."""
        return means(self.regions, values, self.areas)


def colours_of(image: NDArray[np.float32], size: int | None) -> NDArray[np.float32]:
    """Colours, (h, w, C), of an image (H, W, C) at its working size; blurred where it is noisy."""
    return as_colours(calm(resize(image, working_shape(image.shape, size))))


def look_at(image: NDArray[np.float32], size: int | None, seed: int) -> Scene:
    """Find what is to be found once of an image.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1].
    size : int or None
        Longest side at which regions are found.
    seed : int
        Of the words, which K-means finds on a sample of pixels.
    """
    colours = colours_of(image, size)
    textons = texton_map(colours, seed)
    regions, strength = first_regions(colours)
    shape = image.shape[0], image.shape[1]
    tints = colour_words(colours, seed)
    if int(regions.max()) == 0:
        none, nothing = np.zeros(0, np.int64), np.zeros(0)
        graph = (none, none, nothing, nothing)
        merges, heights = np.zeros((0, 2), np.int32), nothing
    else:
        weights = MergingWeights()
        judged = judge(regions, strength, textons, weights)
        merges, heights = merge_judged(judged, weights)
        pairs = judged.pairs
        graph = (pairs.first, pairs.second, pairs.lengths, judged.costs())
    return Scene(
        shape=shape,
        colours=colours,
        regions=regions,
        first=graph[0],
        second=graph[1],
        lengths=graph[2],
        costs=graph[3],
        textons=textons,
        tints=tints,
        merges=merges,
        heights=heights,
    )
