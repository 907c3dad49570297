"""Scores of a foreground mask against a true one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ImageError
from segprior.metrics.image_means import ImageMeans

__all__ = ["MaskScores", "accuracy", "f_beta", "iou", "mean_absolute_error"]


def iou(truth: ArrayLike, prediction: ArrayLike, ignore: ArrayLike | None = None) -> float:
    """Intersection over union of two masks.

    Parameters
    ----------
    truth, prediction : array_like of bool or of 0 and 1, shape (H, W)
        Foreground is true or 1.
    ignore : array_like of bool, shape (H, W), optional
        Pixels that are not counted.

    Returns
    -------
    float
        In [0, 1]; 1 if both masks are empty.

    Raises
    ------
    ImageError
        If the shapes differ, values are not 0 and 1, or no pixel is left to count.

    Examples
    --------
    >>> iou([[1, 1], [0, 0]], [[1, 0], [0, 0]])
    0.5
    """
    both, only_truth, only_prediction, _ = _counts(truth, prediction, ignore)
    return _ratio(both, both + only_truth + only_prediction)


def f_beta(
    truth: ArrayLike, prediction: ArrayLike, ignore: ArrayLike | None = None, beta2: float = 0.3
) -> float:
    """Weighted harmonic mean of precision and recall.

    Parameters
    ----------
    truth, prediction : array_like of bool or of 0 and 1, shape (H, W)
        Foreground is true or 1.
    ignore : array_like of bool, shape (H, W), optional
        Pixels that are not counted.
    beta2 : float
        Weight of recall against precision, β². The 0.3 that is customary in saliency favours
        precision; 1 gives the Dice coefficient.

    Returns
    -------
    float
        In [0, 1]; 1 if both masks are empty.

    Raises
    ------
    ImageError
        As :func:`iou` does.

    References
    ----------
    R. Achanta, S. Hemami, F. Estrada, S. Süsstrunk: Frequency-tuned salient region detection.
    CVPR 2009. doi:10.1109/CVPR.2009.5206596

    Examples
    --------
    >>> f_beta([[1, 1], [0, 0]], [[1, 0], [0, 0]], beta2=1)
    0.6666666666666666
    """
    both, only_truth, only_prediction, _ = _counts(truth, prediction, ignore)
    weighted = (1 + beta2) * both
    return _ratio(weighted, weighted + beta2 * only_truth + only_prediction)


def accuracy(truth: ArrayLike, prediction: ArrayLike, ignore: ArrayLike | None = None) -> float:
    """Share of the pixels that are right.

    Parameters
    ----------
    truth, prediction : array_like of bool or of 0 and 1, shape (H, W)
        Foreground is true or 1.
    ignore : array_like of bool, shape (H, W), optional
        Pixels that are not counted.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ImageError
        As :func:`iou` does.

    Examples
    --------
    >>> accuracy([[1, 1], [0, 0]], [[1, 0], [0, 0]])
    0.75
    """
    both, only_truth, only_prediction, neither = _counts(truth, prediction, ignore)
    return _ratio(both + neither, both + only_truth + only_prediction + neither)


def mean_absolute_error(
    truth: ArrayLike, prediction: ArrayLike, ignore: ArrayLike | None = None
) -> float:
    """Mean distance of a soft mask from the true one.

    Parameters
    ----------
    truth : array_like of bool or of 0 and 1, shape (H, W)
        Foreground is true or 1.
    prediction : array_like of bool, int or float, shape (H, W)
        How much of each pixel is foreground, in [0, 1].
    ignore : array_like of bool, shape (H, W), optional
        Pixels that are not counted.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ImageError
        As :func:`iou` does, or if the prediction leaves [0, 1].

    Examples
    --------
    >>> mean_absolute_error([[1, 1], [0, 0]], [[0.5, 1], [0, 0]])
    0.125
    """
    true = _as_mask(truth, "truth")
    soft = np.asarray(prediction)
    if soft.dtype.kind not in "buif" or not np.all((soft >= 0) & (soft <= 1)):
        raise ImageError("the prediction is not in [0, 1]; scale it first")
    kept = _kept(true, soft, ignore)
    return float(np.abs(true[kept] - soft[kept].astype(np.float64)).mean())


class MaskScores(ImageMeans):
    """Mean scores over images.

    Attributes
    ----------
    per_image : list of dict of str to float
        ``iou``, ``f_beta``, ``accuracy`` and ``mae`` of each image, in the order of adding.

    Examples
    --------
    >>> scores = MaskScores()
    >>> scores.add([[1, 1], [0, 0]], [[1, 0], [0, 0]])["iou"]
    0.5
    >>> scores.add([[1, 1], [0, 0]], [[1, 1], [0, 0]])["iou"]
    1.0
    >>> scores.compute()["iou"]
    0.75
    """

    def add(
        self, truth: ArrayLike, prediction: ArrayLike, ignore: ArrayLike | None = None
    ) -> dict[str, float]:
        """Score one image.

        Parameters
        ----------
        truth : array_like of bool or of 0 and 1, shape (H, W)
            Foreground is true or 1.
        prediction : array_like of bool, int or float, shape (H, W)
            A mask, or how much of each pixel is foreground; for all but the mean absolute error
            foreground is what is above ½.
        ignore : array_like of bool, shape (H, W), optional
            Pixels that are not counted.

        Returns
        -------
        dict of str to float
            What was appended to ``per_image``.

        Raises
        ------
        ImageError
            As :func:`mean_absolute_error` does.
        """
        mae = mean_absolute_error(truth, prediction, ignore)
        hard = np.asarray(prediction) > 0.5
        scores = {
            "iou": iou(truth, hard, ignore),
            "f_beta": f_beta(truth, hard, ignore),
            "accuracy": accuracy(truth, hard, ignore),
            "mae": mae,
        }
        self.per_image.append(scores)
        return scores


def _counts(
    truth: ArrayLike, prediction: ArrayLike, ignore: ArrayLike | None
) -> tuple[int, int, int, int]:
    """Pixels in both masks, in the truth alone, in the prediction alone, in neither."""
    true, found = _as_mask(truth, "truth"), _as_mask(prediction, "prediction")
    kept = _kept(true, found, ignore)
    neither, only_prediction, only_truth, both = np.bincount(
        (2 * true.astype(np.uint8) + found)[kept], minlength=4
    )
    return int(both), int(only_truth), int(only_prediction), int(neither)


def _as_mask(mask: ArrayLike, name: str) -> NDArray[np.bool_]:
    array = np.asarray(mask)
    if array.dtype.kind not in "buif" or not np.all((array == 0) | (array == 1)):
        raise ImageError(f"the {name} is not a mask; pass booleans, or 0 and 1")
    return array.astype(bool)


def _kept(
    truth: NDArray[Any], prediction: NDArray[Any], ignore: ArrayLike | None
) -> NDArray[np.bool_]:
    """Pixels that count."""
    kept = np.ones(truth.shape, bool) if ignore is None else ~np.asarray(ignore, bool)
    if truth.ndim != 2 or prediction.shape != truth.shape or kept.shape != truth.shape:
        raise ImageError(
            f"truth of shape {truth.shape}, prediction {prediction.shape}, pixels to ignore "
            f"{kept.shape}; pass the same (H, W) for all"
        )
    if not kept.any():
        raise ImageError("no pixel is left to count; ignore fewer")
    return kept


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 1.0
