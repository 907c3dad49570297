"""Which clusters are the object and which are the ground.

K-means tells colours apart, not objects. Two things that tell the ground from what stands before
it are where the image border goes and what lies around the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Polarity", "choose_polarity"]

# Odds (natural logarithm) for "object" per unit of each evidence. See `choose_polarity` for how
# they were chosen.
BORDER_WEIGHT = 3.0
DISTANCE_WEIGHT = 6.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Polarity:
    """The choice between foreground and background, for each cluster.

    Attributes
    ----------
    foreground : ndarray of bool, shape (K,)
        Whether the cluster is called foreground; at least one is, and at least one is not.
    probability : ndarray of float64, shape (K,)
        What the evidence gives each cluster for being foreground, in [0, 1].
    certainty : float
        How sure the choice is, in [0, 1]: ``2 p - 1`` of the least certain cluster, where ``p``
        is the probability of what it was called, and 0 if that is below one half.
    evidence : dict of str to float
        The raw evidence of the foreground so chosen: ``border``, the share of the image border
        that it owns; ``distance`` and ``distance_background``, the mean distance of the two from
        the centre of the image (1 at the middle of each side); ``size``, its share of the image.
    """

    foreground: NDArray[np.bool_]
    probability: NDArray[np.float64]
    certainty: float
    evidence: dict[str, float]


def choose_polarity(clusters: NDArray[Any], n_clusters: int) -> Polarity:
    """Decide which clusters are foreground.

    Each cluster is compared with the rest of the image: how much less of the border it owns
    (between -1 and 1), and how much nearer to the centre it lies on average. The probability
    that it is foreground is logistic in ``3 · border + 6 · distance``; it is called foreground
    if that is above one half. If all clusters or none would be, the least or the most probable one
    is taken to be the other. With two clusters the two probabilities add up to 1.

    Parameters
    ----------
    clusters : ndarray of int, shape (h, w)
        Cluster of each pixel, ``0 … n_clusters - 1``.
    n_clusters : int
        How many clusters there are, at least 2.

    Returns
    -------
    Polarity

    Notes
    -----
    The border alone fails where the object hides much of the ground (a horse that fills the
    picture), the distance alone where many small objects are scattered evenly (nuclei): the
    distances then hardly differ, and the border decides. The ratio of 2 is the smallest tried that
    comes within .02 mean IoU of the better polarity on every other of 164 photographs of horses;
    larger ones gain little there, and from 2.5 on they turn some images of nuclei inside out. On
    the other half of the horses the choice is .010 below the better polarity, and the border
    alone .066. The scale only sets the probabilities: of the choices on horses that were given .67
    on average 88 % were right, of those given .94 86 %, of those given .99 all.
    ``benchmarks/polarity.py`` measures all this again.
    """
    height, width = clusters.shape
    rows = (2 * np.arange(height) + 1) / height - 1
    columns = (2 * np.arange(width) + 1) / width - 1
    radii = np.hypot(rows[:, None], columns[None, :])
    flat = clusters.ravel()
    edge = np.concatenate([clusters[0], clusters[-1], clusters[1:-1, 0], clusters[1:-1, -1]])

    sizes = np.bincount(flat, minlength=n_clusters).astype(np.float64)
    reach = np.bincount(flat, weights=radii.ravel(), minlength=n_clusters)
    border = np.bincount(edge, minlength=n_clusters) / edge.size
    distance = reach / np.maximum(sizes, 1)
    distance_of_rest = (reach.sum() - reach) / np.maximum(sizes.sum() - sizes, 1)

    odds = BORDER_WEIGHT * (1 - 2 * border) + DISTANCE_WEIGHT * (distance_of_rest - distance)
    probability = 1 / (1 + np.exp(-odds))
    foreground = odds > 0
    if foreground.all():
        foreground[np.argmin(odds)] = False
    elif not foreground.any():
        foreground[np.argmax(odds)] = True
    certainty = np.where(foreground, 2 * probability - 1, 1 - 2 * probability).min()

    inside = max(float(sizes[foreground].sum()), 1.0)
    outside = max(float(sizes[~foreground].sum()), 1.0)
    return Polarity(
        foreground=foreground,
        probability=probability,
        certainty=max(0.0, float(certainty)),
        evidence={
            "border": float(border[foreground].sum()),
            "distance": float(reach[foreground].sum()) / inside,
            "distance_background": float(reach[~foreground].sum()) / outside,
            "size": float(sizes[foreground].sum()) / flat.size,
        },
    )
