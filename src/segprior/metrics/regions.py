"""Scores of a label map against those that people drew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ImageError
from segprior.metrics.tables import (
    as_labels,
    best_of_rows,
    compact,
    contingency,
    covering_of,
    rand_index_of,
    variation_of,
)

__all__ = [
    "RegionScores",
    "best_ious",
    "components",
    "covering",
    "cut_hierarchy",
    "rand_index",
    "variation_of_information",
]


def components(labels: ArrayLike) -> NDArray[np.intp]:
    """Give each 4-connected piece of one label a label of its own.

    Parameters
    ----------
    labels : array_like of int, shape (H, W)
        Any labels; 0 is one of them.

    Returns
    -------
    ndarray of int, shape (H, W)
        Labels 1..n in the order of their first pixels.

    Raises
    ------
    ImageError
        If ``labels`` is not an array of whole numbers of shape (H, W).

    Examples
    --------
    >>> components([[5, 0, 5], [0, 0, 5]])
    array([[1, 2, 3],
           [2, 2, 3]])
    """
    from skimage.measure import label

    pieces: NDArray[np.intp] = label(compact(as_labels(labels)), background=-1, connectivity=1)
    return pieces.astype(np.intp, copy=False)


def cut_hierarchy(ucm2: ArrayLike, threshold: float) -> NDArray[np.intp]:
    """Cut an ultrametric contour map of double size into segments.

    Parameters
    ----------
    ucm2 : array_like of float, shape (2H + 1, 2W + 1)
        Strength of the contours on the grid between the pixels, which have the odd indices.
    threshold : float
        Contours up to this strength are removed.

    Returns
    -------
    ndarray of int, shape (H, W)
        Labels 1..n.

    Raises
    ------
    ImageError
        If the map has not an odd number of rows and columns.

    References
    ----------
    P. Arbeláez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image
    segmentation. TPAMI 33(5), 2011. doi:10.1109/TPAMI.2010.161
    """
    from skimage.measure import label

    strength = np.asarray(ucm2)
    if strength.ndim != 2 or min(strength.shape) < 3 or not all(n % 2 for n in strength.shape):
        raise ImageError(
            f"a contour map of shape {strength.shape}; pass one of double size, (2H + 1, 2W + 1)"
        )
    pieces: NDArray[np.intp] = label(strength <= threshold, connectivity=2)[1::2, 1::2]
    return pieces.astype(np.intp)


def best_ious(
    truth: ArrayLike, prediction: ArrayLike, *, connected: bool = True
) -> NDArray[np.float64]:
    """Find how well each true segment is covered by its best counterpart.

    Parameters
    ----------
    truth : array_like of int, shape (H, W)
        Label map of one annotator, taken as it is.
    prediction : array_like of int, shape (H, W)
        Label map.
    connected : bool
        Whether the candidates are the connected pieces of the prediction's labels, rather than
        its labels.

    Returns
    -------
    ndarray of float64, shape (number of true segments,)
        The best intersection over union, in (0, 1], in the order of the true labels.

    Raises
    ------
    ImageError
        If the maps are not whole numbers of one shape (H, W).

    References
    ----------
    W. Kim, A. Kanezaki, M. Tanaka: Unsupervised learning of image segmentation based on
    differentiable feature clustering. IEEE TIP 29, 2020. doi:10.1109/TIP.2020.3011269

    Examples
    --------
    >>> best_ious([[1, 1, 2, 2]], [[0, 0, 0, 0]])
    array([0.5, 0.5])
    """
    return best_of_rows(contingency(truth, components(prediction) if connected else prediction))


def covering(truth: ArrayLike, prediction: ArrayLike) -> float:
    """Segmentation covering: the mean over pixels of the best IoU of their true segment.

    Parameters
    ----------
    truth, prediction : array_like of int, shape (H, W)
        Label maps, taken as they are.

    Returns
    -------
    float
        In (0, 1].

    Raises
    ------
    ImageError
        If the maps are not whole numbers of one shape (H, W).

    References
    ----------
    P. Arbeláez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image
    segmentation. TPAMI 33(5), 2011. doi:10.1109/TPAMI.2010.161

    Examples
    --------
    >>> covering([[1, 1, 1, 2]], [[0, 0, 0, 0]])
    0.625
    """
    return covering_of(contingency(truth, prediction))


def rand_index(truth: ArrayLike, prediction: ArrayLike) -> float:
    """Rand index: the share of pixel pairs on which two label maps agree.

    Its mean over annotators is the probabilistic Rand index (PRI).

    Parameters
    ----------
    truth, prediction : array_like of int, shape (H, W)
        Label maps, taken as they are; at least two pixels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ImageError
        If the maps are not whole numbers of one shape (H, W), or a single pixel.

    References
    ----------
    R. Unnikrishnan, C. Pantofaru, M. Hebert: Toward objective evaluation of image segmentation
    algorithms. TPAMI 29(6), 2007. doi:10.1109/TPAMI.2007.1046

    Examples
    --------
    >>> rand_index([[1, 1, 2, 2]], [[0, 0, 0, 0]])
    0.33333333333333337
    """
    return rand_index_of(contingency(truth, prediction))


def variation_of_information(truth: ArrayLike, prediction: ArrayLike) -> float:
    """Variation of information: what either label map does not know of the other.

    Parameters
    ----------
    truth, prediction : array_like of int, shape (H, W)
        Label maps, taken as they are.

    Returns
    -------
    float
        In bits; 0 for the same segments, whatever their labels.

    Raises
    ------
    ImageError
        If the maps are not whole numbers of one shape (H, W).

    References
    ----------
    M. Meilă: Comparing clusterings, an axiomatic view. ICML 2005. doi:10.1145/1102351.1102424

    Examples
    --------
    >>> variation_of_information([[1, 1, 2, 2]], [[0, 0, 0, 0]])
    1.0
    """
    return variation_of(contingency(truth, prediction))


class RegionScores:
    """Scores of one label map per image over a set of images.

    mIOU pools the best IoU of the true segments of all images into one mean: of all annotators
    (``miou_all``), of the one with most segments of each image (``miou_fine``) or with fewest
    (``miou_coarse``); ``miou`` is the mean of the three. PRI, VoI and covering (``pri``, ``voi``,
    ``sc``) are means over images of the mean over annotators.

    Parameters
    ----------
    connected : bool
        Whether mIOU and the number of segments take the connected pieces of the prediction's
        labels. The other scores take the label map as it is, as the official benchmark does.

    Attributes
    ----------
    per_image : list of dict of str to float
        All of these and ``segments`` for each image, in the order of adding, with the sums
        and counts of which the pooled means are made. To resume, append what was stored.

    References
    ----------
    W. Kim, A. Kanezaki, M. Tanaka: Unsupervised learning of image segmentation based on
    differentiable feature clustering. IEEE TIP 29, 2020. doi:10.1109/TIP.2020.3011269
    """

    def __init__(self, connected: bool = True) -> None:
        self.connected = connected
        self.per_image: list[dict[str, float]] = []

    def add(self, truths: Sequence[ArrayLike], prediction: ArrayLike) -> dict[str, float]:
        """Score one image.

        Parameters
        ----------
        truths : sequence of array_like of int, shape (H, W)
            Label maps of one or more annotators.
        prediction : array_like of int, shape (H, W)
            Label map.

        Returns
        -------
        dict of str to float
            What was appended to ``per_image``.

        Raises
        ------
        ImageError
            If there is no truth, or the maps are not whole numbers of one shape (H, W).
        """
        if not len(truths):
            raise ImageError("got no true label map; pass at least one annotator's")
        tables = [contingency(truth, prediction) for truth in truths]
        if self.connected:
            pieces = components(prediction)
            matched = [contingency(truth, pieces) for truth in truths]
        else:
            matched = tables
        ious = [best_of_rows(table) for table in matched]
        numbers = [len(values) for values in ious]
        chosen = {
            "all": np.concatenate(ious),
            "fine": ious[int(np.argmax(numbers))],
            "coarse": ious[int(np.argmin(numbers))],
        }
        scores = {f"miou_{name}": float(values.mean()) for name, values in chosen.items()}
        scores["miou"] = sum(scores.values()) / 3
        scores |= {
            "pri": float(np.mean([rand_index_of(table) for table in tables])),
            "voi": float(np.mean([variation_of(table) for table in tables])),
            "sc": float(np.mean([covering_of(table) for table in tables])),
            "segments": float(len(matched[0].column_sizes)),
        }
        for name, values in chosen.items():
            scores |= {f"sum_{name}": float(values.sum()), f"count_{name}": float(len(values))}
        self.per_image.append(scores)
        return scores

    def compute(self) -> dict[str, float]:
        """Return the scores over all images; empty before the first."""
        images = self.per_image
        if not images:
            return {}
        scores = {
            f"miou_{name}": sum(image[f"sum_{name}"] for image in images)
            / sum(image[f"count_{name}"] for image in images)
            for name in ("all", "fine", "coarse")
        }
        scores["miou"] = sum(scores.values()) / 3
        for name in ("pri", "voi", "sc", "segments"):
            scores[name] = float(np.mean([image[name] for image in images]))
        return scores

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values, fit for JSON."""
        return {"connected": self.connected, "images": [dict(image) for image in self.per_image]}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> RegionScores:
        """Restore what :meth:`to_dict` returned; ``images`` of several may be concatenated."""
        scores = cls(content["connected"])
        scores.per_image = [dict(image) for image in content["images"]]
        return scores
