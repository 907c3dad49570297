"""One object, found by a vote of maps that start from its place and from what stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segprior.features.textons import texton_map
from segprior.image.colour import as_colours
from segprior.image.frame import inside_frame
from segprior.image.resize import resize, working_shape
from segprior.methods.foreground.candidate import Candidate
from segprior.methods.foreground.colour_model import (
    RegionColours,
    describe_regions,
    likely_object,
)
from segprior.methods.foreground.region_saliency import saliency
from segprior.regions.adjacency import symmetric
from segprior.regions.places import central, means
from segprior.runtime.devices import one_blas_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.regions.merging import Judged

__all__ = ["OBJECT_SIZE", "load_libraries", "read_object"]

# Longest side at which one object is looked for.
OBJECT_SIZE = 256
# Standard deviations of the place of the object, as shares of the sides.
_WIDTHS = (0.30, 0.22)
# A first guess is not surer than these, wherever a region lies and however it stands out.
_LOW, _HIGH = 0.03, 0.60
# Where at least this share speaks for the object, agreement counts.
_SEEN = 0.2
# The cost of merging at which so many segments are left is how unlike regions may be that vote as
# one.
_SEGMENTS = 80
# No region is surer than this before its words are read.
_SURE = 0.98
# Of the map by words: fall of affinity with the chance of a boundary, its weight, and rounds.
_FALL, _SMOOTHNESS, _ROUNDS = 16.0, 3.0, 6


def read_object(image: NDArray[np.float32], seed: int) -> Candidate:
    """Find one object by the vote of four maps.

    In two, object and ground are told by their colours
    (:func:`segprior.methods.foreground.colour_model.likely_object`), learnt from what is near the
    centre. In the other two it starts from how each region stands out from what reaches the border
    (:func:`segprior.methods.foreground.region_saliency.saliency`): told once by colours, and once
    by words of texture (:func:`segprior.features.textons.texton_map`).

    Then regions (:func:`segprior.regions.merging.find_regions`) have their say, each together with
    those it would soon be merged with: what was voted for them counts half, and after that half
    what their words make of it, which are counted on either side of the vote, as in naive Bayes.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
        In [0, 1], not all one colour; reduced to a longest side of 256 if it is larger.
    seed : int
        Of K-means.

    Returns
    -------
    Candidate
        ``score`` is the mean of ``abs(2 * share - 1)`` where the share is above a fifth, or 0 if
        no object is told from a ground; ``evidence["agreement"]`` is that mean of the voters
        alone, and ``evidence["frame"]`` the share of the image that is taken for a drawn frame
        (:func:`segprior.image.frame.inside_frame`) and so for ground.
    """
    from segprior.regions.merging import Weights, first_regions, judge, merge_judged

    load_libraries()
    image = resize(image, working_shape(image.shape, OBJECT_SIZE))
    share = np.zeros(image.shape[:2], np.float32)
    inner = inside_frame(image)
    framed = 1 - share[inner].size / share.size
    colours = as_colours(np.ascontiguousarray(image[inner]))
    regions, strength = first_regions(colours)
    if int(regions.max()) == 0:
        nothing = {"agreement": 0.0, "frame": framed}
        return Candidate(kind="object", share=share, score=0.0, evidence=nothing)
    textons = texton_map(colours, seed)
    # By one thread, since sums may depend on their number.
    with one_blas_thread():
        judged = judge(regions, strength, textons, Weights())
        alike = _likeness(*merge_judged(judged, Weights())) * judged.content.areas
        alike /= alike.sum(axis=1, keepdims=True)
        stands_out = saliency(regions, colours, textons, judged)
        described = describe_regions(regions, colours, seed)
        starts = [central(regions.shape, width) for width in _WIDTHS]
        guesses = [means(regions, start, judged.content.areas) for start in starts]
        guesses.append(1 / (1 + np.exp(-stands_out)))
        votes = [likely_object(described, _LOW + (_HIGH - _LOW) * guess) for guess in guesses]
        votes.append(
            likely_object(
                _in_words(judged), guesses[-1], smoothness=_SMOOTHNESS, rounds=_ROUNDS, settled=0.0
            )
        )
        voted = np.mean(votes, axis=0)
        decided = _by_regions(voted, judged, alike)
    share[inner] = decided[regions]
    told = bool(share.max() > 0.5 > share.min())
    return Candidate(
        kind="object",
        share=share,
        score=_sureness(decided[regions]) if told else 0.0,
        evidence={"agreement": _sureness(voted[regions]), "frame": framed},
    )


def load_libraries() -> None:
    """Load what is used here before threads are: two that import parts of one library at once may
    find it half made."""
    import scipy.cluster.vq
    import scipy.ndimage
    import scipy.sparse.csgraph
    import scipy.sparse.linalg
    import scipy.spatial  # noqa: F401


def _sureness(share: NDArray[np.float64]) -> float:
    """Mean of ``abs(2 * share - 1)`` where the object is seen by some."""
    seen = share > _SEEN
    return float(np.abs(2 * share[seen] - 1).mean()) if seen.any() else 0.0


def _in_words(judged: Judged) -> RegionColours:
    """Regions with their words of texture, diffused, in place of colours."""
    pairs, content = judged.pairs, judged.content
    weights = pairs.lengths / pairs.lengths.mean() * np.exp(-_FALL * judged.chances)
    return RegionColours(
        area=content.areas / content.areas.mean(),
        colours=content.diffused / content.diffused.sum(axis=1, keepdims=True),
        affinity=symmetric(weights, pairs.first, pairs.second, len(content.areas)),
    )


def _by_regions(
    share: NDArray[np.float64], judged: Judged, alike: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Let those that are alike vote as one, (n,), first as they lie, then by both sides' words."""
    counts, areas = judged.content.histograms, judged.content.areas
    half = (share + alike @ share) / 2
    inside = np.clip(half, 1 - _SURE, _SURE)
    one, other = inside @ counts + 1, (1 - inside) @ counts + 1
    speaks = counts @ np.log(one / one.sum() / (other / other.sum())) / areas
    inside = 1 / (1 + (1 - inside) / inside * np.exp(-speaks))
    voted: NDArray[np.float64] = (half + alike @ inside) / 2
    return voted


def _likeness(merges: NDArray[np.int32], costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """How alike regions are, (n, n): ``exp(-(d / t)**4)``.

    The merge that brings two together costs d, that after which 80 segments are left t. Where
    there are no more than 80 regions, each is like itself alone.
    """
    alike = np.eye(len(costs) + 1)
    if len(costs) < _SEGMENTS:
        return alike
    typical = max(float(costs[len(costs) - _SEGMENTS]), 1e-9)
    parts = list(np.arange(len(alike))[:, None])
    for (one, other), value in zip(merges.tolist(), np.exp(-((costs / typical) ** 4)), strict=True):
        # What the first holds so far meets what the second holds.
        alike[np.ix_(parts[one], parts[other])] = value
        alike[np.ix_(parts[other], parts[one])] = value
        parts[one] = np.concatenate([parts[one], parts[other]])
    return alike
