"""Nested segments of one image, from fine to coarse: regions merged along prior and image."""

from __future__ import annotations

import dataclasses
import time
from typing import Any, Literal

import numpy as np

from segprior.callbacks import Callback
from segprior.config.presets import resolve
from segprior.errors import ConfigError, ImageError
from segprior.image.resize import is_flat, resize, working_shape
from segprior.image.upsampling import enlarge_labels
from segprior.io.image import as_image
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.growing import checked_prior, grow, is_noisy
from segprior.prior.prior import Prior, fit_prior
from segprior.regions.hierarchy import LEVELS, Hierarchy
from segprior.runtime.seeding import RandomSource, as_seed

__all__ = ["segment_hierarchy"]


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
