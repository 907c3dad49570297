"""Nested segments of one image, from fine to coarse: regions merged along prior and image."""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segprior.callbacks import Callback
from segprior.config.checks import zero_to_one
from segprior.config.presets import resolve
from segprior.config.segment import SegmentConfig
from segprior.errors import ConfigError, ImageError
from segprior.image.upsampling import enlarge_labels
from segprior.io.image import as_image, is_flat, resize, working_shape
from segprior.methods.multiclass.growing import checked_prior, grow, is_noisy
from segprior.prior.prior import Prior, fit_prior
from segprior.regions.hierarchy import confidence_of, cut_table, meeting_costs
from segprior.regions.label_map import by_area
from segprior.runtime.seeding import RandomSource, as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Hierarchy", "segment_hierarchy"]

# Costs up to which regions are merged at coarseness 0, 0.5 and 1: 100, 50 and 25 segments on
# average on every fifth BSDS train image, with the prior and without; with less covering falls. The
# one in the middle without it leaves out 198023, where hundreds of regions merge at one cost.
LEVELS = {"prior": (30.87, 34.55, 40.23), "image": (33.53, 37.6, 44.08)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Hierarchy:
    """Nested segments of one image.

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
    config: SegmentConfig
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
        """
        done = self.n_regions - n_segments
        if cost is None:
            cost = float(self.costs[done - 1]) if done else 0.0
        sure = confidence_of(self.merges, self.costs, done, cost)
        return sure[self._table(n_segments)][self.regions]

    def boundaries(self) -> NDArray[np.float32]:
        """Return the cost at which the boundary at each pixel vanishes.

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


def segment_hierarchy(
    image: Any,
    *,
    preset: str | None = None,
    config: SegmentConfig | None = None,
    rng: RandomSource = 0,
    device: str = "auto",
    channel_axis: int | None = -1,
    callback: Callback | None = None,
    prior: Prior | None = None,
    **overrides: Any,
) -> Hierarchy:
    """Divide an image into nested segments, from fine to coarse.

    The basins of a map of boundary strength are merged, the cheapest pair of neighbours first,
    until one is left. The strength comes from gradients of colour and, where the image is noisy or
    with ``edges="prior"``, of the hidden features of the prior. A noisy image is blurred first.

    Parameters
    ----------
    image, rng, device, channel_axis, callback, **overrides
        As for :func:`segprior.segment`.
    preset : str, optional
        ``"fast"``, the default.
    config : SegmentConfig, optional
        All options at once; its method is ``"hierarchy"``.
    prior : Prior, optional
        A prior fitted to this image before, with the hidden features ``up2`` and ``up3`` of its
        last iteration; it has a say.

    Returns
    -------
    Hierarchy

    Raises
    ------
    ImageError
        If the image cannot be used.
    ConfigError
        If an option is not valid, the method is another, or ``prior`` was fitted to an image of
        another shape or lacks the features.

    Notes
    -----
    The cost of merging two neighbours is (e + c + 3 √(e c)) m^0.07, where e is the mean strength
    along their boundary; c is 0.15 times the distance of their mean colours in CIE Lab plus 7.5
    times the χ² distance of their histograms over 48 words of colour and roughness; and m is the
    share of the image that the smaller one has.

    Regions are found at the working size; a pixel of the image belongs to the region that has the
    most of it when the indicators of all regions are enlarged bilinearly.

    References
    ----------
    .. [1] P. Arbeláez, M. Maire, C. Fowlkes and J. Malik, "Contour Detection and Hierarchical Image
       Segmentation", IEEE TPAMI 33 (2011).
    .. [2] D. Ulyanov, A. Vedaldi and V. Lempitsky, "Deep Image Prior", CVPR 2018,
       arXiv:1711.10925.
    """
    config = resolve(SegmentConfig, preset, config, overrides)
    if config.trains:
        raise ConfigError(f"got method={config.method!r}, which has no levels; pass 'hierarchy'")
    seed = as_seed(rng)
    start = time.perf_counter()
    full = as_image(image, channel_axis=channel_axis)
    if prior is not None:
        config = dataclasses.replace(config, prior=checked_prior(prior, full.shape, config).config)
    if is_flat(full):
        return _one_region(full.shape[:2], config, seed, start)
    small = resize(full, working_shape(full.shape, config.working_size))
    wanted = config.edges == "prior" or (config.edges == "auto" and is_noisy(small))
    if prior is None and wanted:
        prior = fit_prior(full, config=config.prior, rng=seed, device=device, callback=callback)
    edges: Literal["prior", "image"] = "image" if prior is None else "prior"
    regions, merges, costs = grow(small, prior, seed)
    return Hierarchy(
        regions=enlarge_labels(regions, full.shape[:2]),
        merges=merges,
        costs=costs,
        levels=LEVELS[edges],
        edges=edges,
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
    )


def chosen_cut(found: Hierarchy) -> tuple[int, float]:
    """Where the configuration cuts: the number of segments, and the cost of the cut.

    Raises
    ------
    ImageError
        If there are not as many regions as the classes asked for.
    """
    config = found.config
    cost = found.cost(config.coarseness)
    wanted = config.classes
    if wanted is None:
        n_segments = found.count(cost=cost)
        wanted = min(max(n_segments, config.min_classes), config.max_classes or found.n_regions)
        if wanted == n_segments:
            return n_segments, cost
    if wanted > found.n_regions:
        raise ImageError(
            f"found {found.n_regions} regions, not the {wanted} classes asked for; pass fewer "
            "classes, or a larger working_size"
        )
    done = found.n_regions - wanted
    return wanted, float(found.costs[done - 1]) if done else 0.0


def _one_region(
    shape: tuple[int, int], config: SegmentConfig, seed: int, start: float
) -> Hierarchy:
    return Hierarchy(
        regions=np.zeros(shape, np.int32),
        merges=np.zeros((0, 2), np.int32),
        costs=np.zeros(0),
        levels=LEVELS["image"],
        edges="image",
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
    )
