"""One object, found by a vote of masks and by regions that look alike."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.features.textons import texton_map
from segprior.image.colour import as_colours
from segprior.image.otsu import otsu_threshold
from segprior.image.resize import resize, working_shape
from segprior.image.upsampling import enlarge
from segprior.methods.foreground.candidate import Candidate
from segprior.methods.foreground.centre_prior import describe_regions, likely_object
from segprior.regions.grabcut import as_picture, cut, inside
from segprior.runtime.devices import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CUT_SIZE", "INSETS", "OBJECT_SIZE", "ROUNDS", "WIDTHS", "load_libraries", "read_object"]

# Longest side at which voters look for one object.
OBJECT_SIZE = 256
# That at which they cut along edges, which takes most of the time, and how many rounds of it: from
# a guess and from a rectangle (docs/quality.md).
CUT_SIZE = 192
ROUNDS = (1, 2)
# Standard deviations of the place of the object, and insets of rectangles, for the voters.
WIDTHS = (0.30, 0.22)
INSETS = (0.03, 0.08, 0.15)
# Pieces of a voter's mask smaller than this share of its largest are dropped.
_PIECE = 0.1
# Where at least this share of the voters sees the object, their agreement counts.
_SEEN = 0.2
# The cost of merging at which so many segments are left is how unlike regions may be that vote as
# one.
_SEGMENTS = 80
# No region is surer than this before its words are read.
_SURE = 0.98


def read_object(
    image: NDArray[np.float32],
    seed: int,
    *,
    widths: Sequence[float] = WIDTHS,
    insets: Sequence[float] = INSETS,
    cut_size: int = CUT_SIZE,
    rounds: tuple[int, int] = ROUNDS,
) -> Candidate:
    """Find one object by the vote of seven masks.

    Two come from what object and ground look like when the object is near the centre
    (:func:`segprior.methods.foreground.centre_prior.likely_object`), two from cutting the image
    along its edges from there, three from cutting centred rectangles (GrabCut). Cuts are made at a
    smaller size.

    Then regions (:func:`segprior.regions.merging.find_regions`) have their say, each together with
    those it would soon be merged with: what was voted for them counts half, and after that half
    what the words of texture (:func:`segprior.features.textons.texton_map`) in them make of
    it, which are counted on either side of the vote, as in naive Bayes.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
        In [0, 1], not all one colour; reduced to a longest side of 256 if it is larger.
    seed : int
        Of K-means and of the mixtures of Gaussians.
    widths : sequence of float
        Standard deviations of the place of the object, as shares of the sides; two voters each.
    insets : sequence of float
        How far rectangles are inside of the image, as shares of the sides; a voter each.
    cut_size : int
        Longest side at which is cut.
    rounds : (int, int)
        Of learning colours and cutting, from a guess and from a rectangle.

    Returns
    -------
    Candidate
        ``score`` is the mean of ``abs(2 * share - 1)`` where the share is above a fifth, or 0 if
        no object is told from a ground; ``evidence["agreement"]`` that mean of the voters alone.
    """
    from segprior.regions.merging import find_regions

    load_libraries()
    image = resize(image, working_shape(image.shape, OBJECT_SIZE))
    picture = as_picture(resize(image, working_shape(image.shape, cut_size)))
    with ThreadPoolExecutor(thread_count()) as pool:
        # Cuts hold no lock: regions are found meanwhile.
        cuts = [pool.submit(_from_rectangle, picture, inset, seed, rounds[1]) for inset in insets]
        colours = as_colours(image)
        textons = texton_map(colours, seed)
        regions = find_regions(colours, textons)
        guesses = _near_centre(regions[0], colours, seed, widths)
        cuts += [pool.submit(_from_guess, picture, guess, seed, rounds[0]) for guess in guesses]
        alike = _likeness(*regions[1:])
        votes = np.stack([task.result() for task in cuts]).sum(axis=0, dtype=np.float32)
    ((_, votes),) = enlarge(votes[None], image.shape[:2])
    share = (votes[0] + np.sum(guesses, axis=0)) / np.float32(len(cuts) + len(guesses))
    agreement = _sureness(share)
    share = _by_regions(share, regions[0], textons, alike)
    told = bool(share.max() > 0.5 > share.min())
    return Candidate(
        kind="object",
        share=share,
        score=_sureness(share) if told else 0.0,
        evidence={"agreement": agreement},
    )


def load_libraries() -> None:
    """Load what is used here before threads are: two that import parts of one library at once may
    find it half made."""
    import scipy.cluster.vq
    import scipy.ndimage
    import scipy.sparse.csgraph
    import scipy.sparse.linalg
    import scipy.spatial  # noqa: F401


def _sureness(share: NDArray[np.float32]) -> float:
    """Mean of ``abs(2 * share - 1)`` where the object is seen by some."""
    seen = share > _SEEN
    return float(np.abs(2 * share[seen] - 1).mean(dtype=np.float64)) if seen.any() else 0.0


def _from_rectangle(
    picture: NDArray[np.uint8], inset: float, seed: int, rounds: int
) -> NDArray[np.bool_]:
    """Cut a centred rectangle."""
    box = np.zeros(picture.shape[:2], bool)
    box[inside(picture.shape, inset)] = True
    return _large_pieces(cut(picture, box, seed, iterations=rounds, ground=~box))


def _near_centre(
    regions: NDArray[np.int32], colours: NDArray[np.float32], seed: int, widths: Sequence[float]
) -> list[NDArray[np.bool_]]:
    """Guess from what is near the centre, for each width."""
    described = describe_regions(regions, colours, seed)
    likely = [likely_object(described, width=width) for width in widths]
    return [share > _threshold(share) for share in likely]


def _from_guess(
    picture: NDArray[np.uint8], guess: NDArray[np.bool_], seed: int, rounds: int
) -> NDArray[np.bool_]:
    """Cut along the edges from a guess, which may be of another size."""
    reduced = resize(guess[..., None].astype(np.float32), picture.shape[:2])[..., 0] > 0.5
    return _large_pieces(cut(picture, reduced, seed, iterations=rounds))


def _by_regions(
    share: NDArray[np.float32],
    regions: NDArray[np.int32],
    textons: NDArray[np.int64],
    alike: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Let regions have a say in a vote, first as they lie, then by the texture of both sides."""
    if len(alike) < 2:
        return share
    from segprior.regions.merging import count_textons

    places = regions.ravel()
    area = np.bincount(places).astype(np.float64)
    alike = alike * area
    alike /= alike.sum(axis=1, keepdims=True)

    # Not by BLAS, whose sums may depend on the number of threads.
    def over(inside: NDArray[np.float64]) -> NDArray[np.float64]:
        spread: NDArray[np.float64] = np.einsum("ij,j->i", alike, inside)[regions]
        return spread

    def mean(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.bincount(places, values.ravel()) / area

    half = (share + over(mean(share))) / 2
    inside = np.clip(mean(half), 1 - _SURE, _SURE)
    counts = count_textons(regions, textons)
    one, other = (np.einsum("i,ij->j", p, counts) + 1 for p in (inside, 1 - inside))
    odds = np.log(one / one.sum() / (other / other.sum()))
    speaks = np.einsum("ij,j->i", counts, odds) / area
    inside = 1 / (1 + (1 - inside) / inside * np.exp(-speaks))
    return ((half + over(inside)) / 2).astype(np.float32)


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


def _threshold(likely: NDArray[np.float64]) -> float:
    """Otsu's threshold of a map of probabilities, not above ½ and not near 0."""
    if np.ptp(likely) < 1e-3:
        return 0.5
    return min(0.5, max(0.15, otsu_threshold(likely)))


def _large_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    area = np.bincount(pieces.ravel())
    area[0] = 0
    large: NDArray[np.bool_] = (area >= _PIECE * area.max())[pieces]
    return large
