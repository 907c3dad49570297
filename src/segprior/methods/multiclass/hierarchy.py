"""Nested segments of one image, from fine to coarse: regions merged along prior and image."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segprior.callbacks import Callback
from segprior.config.checks import one_of, zero_to_one
from segprior.config.presets import Presets, resolve
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError, ImageError
from segprior.features.gradients import hidden_gradient
from segprior.features.textons import texton_map
from segprior.image.colour import as_colours
from segprior.image.noise import calm
from segprior.image.pyramid import Pyramid
from segprior.image.upsampling import enlarge_labels
from segprior.io.image import open_planes, reading_of
from segprior.messages import Setting
from segprior.methods.empty import told
from segprior.methods.method import Context, Method, Need
from segprior.methods.multiclass.classes import Classes
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.levels import LEVELS, Hierarchy
from segprior.prior.prior import Prior
from segprior.runtime.devices import check_device
from segprior.runtime.seeding import RandomSource, as_seed

__all__ = [
    "METHOD",
    "HierarchyConfig",
    "build_hierarchy",
    "chosen_cut",
    "find_levels",
    "grow",
    "hidden_features",
    "level_of",
    "segment_hierarchy",
]


_BLOCKS = ("up2", "up3")
_BLANK = {"regions": 1.0, "found": 1.0, "cost": 0.0, "prior": 0.0}  # of one region


@dataclass(frozen=True, kw_only=True)
class HierarchyConfig(Presets):
    """Options of the hierarchy.

    Parameters
    ----------
    coarseness : float
        Level of the ``hierarchy``, from 0, about 120 segments on a photograph, to 1, about 40; 0.5
        is about 75.
    edges : {"auto", "prior", "image"}
        Whether the ``hierarchy`` looks for edges in the prior's hidden features too, or in the
        image alone; ``auto`` takes the prior only if one is brought along.
    """

    coarseness: float = 0.5
    edges: Literal["auto", "prior", "image"] = "auto"

    def __post_init__(self) -> None:
        zero_to_one("coarseness", self.coarseness)
        one_of("edges", self.edges, ("auto", "prior", "image"))


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
    until one is left. The strength comes from gradients of colour and, with ``edges="prior"``, of
    the hidden features of the prior. A noisy image is blurred first.

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

    Warns
    -----
    EmptyResultWarning
        If there is a single segment at every level.

    Notes
    -----
    The cost of merging two neighbours is 20 exp(o / 2), where o is the logarithm of the odds that
    people would draw a boundary there: −6.9 + .97 √e + .6 g + .2 t + .65 d + .07 ln m. Here e is
    the strength of edges along their boundary, by the gradient of colour, whose mean over an
    image is about 5; t and d are the roots of the χ² distances of their histograms over 48 words of
    colour and roughness, as they are and after four random steps from words to words that lie near
    them in the image (stripes of two colours become one texture), each over a level of such
    distances; and m is the share of the image that the smaller one has.

    g is what is seen from the whole image, 1 on average: how far apart the first regions are
    along the eight leading eigenvectors of their normalised affinities, which fall with the chance
    of a boundary; see :func:`segprior.regions.spectral.random_walk`. It closes gaps.

    The six numbers were fitted (a logistic regression on the first regions of BSDS train images)
    or chosen there; no other image was learnt from.

    Regions are found at the working size; a pixel of the image belongs to the region that has the
    most of it when the indicators of all regions are enlarged bilinearly.

    References
    ----------
    .. [1] P. Arbeláez, M. Maire, C. Fowlkes and J. Malik, "Contour Detection and Hierarchical Image
       Segmentation", IEEE TPAMI 33 (2011).
    .. [2] P. Isola, D. Zoran, D. Krishnan and E. Adelson, "Crisp Boundary Detection Using Pointwise
       Mutual Information", ECCV 2014.
    .. [3] D. Ulyanov, A. Vedaldi and V. Lempitsky, "Deep Image Prior", CVPR 2018,
       arXiv:1711.10925.
    """
    reading = reading_of(overrides)
    config = resolve(SegmentConfig, preset, config, overrides)
    seed = as_seed(rng)
    full = open_planes(image, channel_axis=channel_axis, **reading).only()
    return told(find_levels(full, config, seed=seed, device=device, callback=callback, prior=prior))


def find_levels(
    image: Pyramid,
    config: SegmentConfig,
    *,
    seed: int = 0,
    device: str = "auto",
    callback: Callback | None = None,
    prior: Prior | None = None,
) -> Hierarchy:
    """Do what :func:`segment_hierarchy` does, on an image that has been read.

    Parameters
    ----------
    image : Pyramid
    config, device, callback, prior
        As there.
    seed : int
    """
    check_device(device)  # even where nothing is fitted
    if config.method != METHOD.name:
        raise ConfigError(
            ", which has no levels",
            option="method",
            got=config.method,
            cure="pass 'hierarchy'",
        )
    if prior is not None:
        config = config.with_prior(prior, image.full.shape)
    context = Context(config=config, seed=seed, device=device, callback=callback, prior=prior)
    return build_hierarchy(image, context)


def build_hierarchy(image: Pyramid, context: Context) -> Hierarchy:
    """Find the regions of an image and merge them, with a prior if one is to have a say."""
    start = time.perf_counter()
    config: SegmentConfig = context.config
    prior = context.prior
    edges: Literal["prior", "image"] = "image"
    regions, merges, costs = _one_region(image.shape)
    if not image.flat:
        small = image.at(config.working_size)
        if prior is None and config.options.edges == "prior":
            prior = context.fit_prior(image)
        edges = "image" if prior is None else "prior"
        regions, merges, costs = grow(small, prior, context.seed)
        regions = enlarge_labels(regions, image.shape)
    return Hierarchy(
        regions=regions,
        merges=merges,
        costs=costs,
        levels=LEVELS[edges],
        edges=edges,
        config=config,
        seed=context.seed,
        seconds=time.perf_counter() - start,
        valid=image.valid,
    )


def _one_region(
    shape: tuple[int, int],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    return np.zeros(shape, np.int32), np.zeros((0, 2), np.int32), np.zeros(0)


def _level(image: Pyramid, options: HierarchyConfig, context: Context) -> Classes:
    """One level of the hierarchy."""
    return level_of(build_hierarchy(image, context), context.config)


def level_of(found: Hierarchy, config: SegmentConfig) -> Classes:
    """Cut a hierarchy where the configuration says.

    Parameters
    ----------
    found : Hierarchy
    config : SegmentConfig

    Returns
    -------
    Classes
        Numbered by area. Where there is one region, nothing tells how sure it is: its confidence
        is 0.

    Raises
    ------
    ImageError
        As :func:`chosen_cut` does.
    """
    if found.n_regions == 1 and config.classes in (None, 1):
        return Classes(
            labels=found.everywhere(1),
            confidence=np.zeros(found.regions.shape, np.float32),
            evidence={**_BLANK, "prior": float(found.edges == "prior")},
        )
    n_segments, cost = chosen_cut(found, config)
    return Classes(
        labels=found.everywhere(n_segments),
        confidence=found.confidence(n_segments, cost),
        evidence={
            "regions": float(found.n_regions),
            "found": float(found.count(coarseness=config.options.coarseness)),
            "cost": cost,
            "prior": float(found.edges == "prior"),
        },
    )


def hidden_features(prior: PriorConfig) -> tuple[tuple[str, int], ...]:
    """The hidden features that a hierarchy takes from a prior fitted like this."""
    return tuple((block, prior.iterations) for block in _BLOCKS)


def grow(
    small: NDArray[np.float32], prior: Prior | None, seed: int, **weights: Any
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Find regions and merge them.

    Parameters
    ----------
    small : ndarray of float32, shape (h, w, C)
        The image at the working size, not of one colour. It is blurred if it is noisy.
    prior : Prior or None
        With the features that are needed; without one edges are those of the image.
    seed : int
    **weights
        In place of those of :class:`segprior.regions.merging.Weights`.

    Returns
    -------
    regions : ndarray of int32, shape (h, w)
    merges, costs : ndarray
        As in :class:`Hierarchy`.
    """
    from segprior.regions.merging import Weights, find_regions

    hidden = []
    if prior is not None:
        rows, columns = prior.members.shape[1:3]
        for key in hidden_features(prior.config):
            step = 2 ** (int(key[0][-1]) - 1)
            covered = (rows / step, columns / step)
            hidden.append(hidden_gradient(prior.features[key], covered, small.shape[:2]))
    colours = as_colours(calm(small))
    return find_regions(colours, texton_map(colours, seed), hidden, Weights(**weights))


def chosen_cut(found: Hierarchy, config: SegmentConfig) -> tuple[int, float]:
    """Where the configuration cuts: the number of segments, and the cost of the cut.

    Raises
    ------
    ImageError
        If there are not as many regions as the classes asked for.
    """
    cost = found.cost(config.options.coarseness)
    wanted = config.classes
    if wanted is None:
        n_segments = found.count(cost=cost)
        wanted = min(max(n_segments, config.min_classes), config.max_classes or found.n_regions)
        if wanted == n_segments:
            return n_segments, cost
    if wanted > found.n_regions:
        raise ImageError(
            f"found {found.n_regions} regions, not the {wanted} classes asked for",
            cure=("pass fewer classes, or a larger ", Setting("working_size")),
        )
    done = found.n_regions - wanted
    return wanted, float(found.costs[done - 1]) if done else 0.0


def _need(options: HierarchyConfig) -> Need:
    needs: dict[str, Need] = {"auto": "optional", "prior": "always", "image": "never"}
    return needs[options.edges]


METHOD = Method(
    name="hierarchy",
    kind="regions",
    config=HierarchyConfig,
    run=_level,
    summary="merging of regions",
    prior=_need,
    prior_option="edges",
    features=hidden_features,
    lack="is no hierarchy",
    blank=_BLANK,
)
