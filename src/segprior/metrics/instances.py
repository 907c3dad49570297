"""Scores of things one by one: how many were found, and how well each."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ConfigError, ImageError
from segprior.metrics.image_means import ImageMeans
from segprior.metrics.tables import as_labels, contingency

__all__ = ["IOU_LEVELS", "InstanceScores", "average_precision", "count_error", "match_counts"]

# From .5 to .95, as COCO has them.
IOU_LEVELS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))


def match_counts(truth: ArrayLike, prediction: ArrayLike, level: float = 0.5) -> tuple[int, ...]:
    """Count the things that were found, that are none, and that were missed.

    A true thing and a predicted one match where their intersection over union is above ``level``.
    From a half on, none has two matches.

    Parameters
    ----------
    truth, prediction : array_like of int, shape (H, W)
        Things from 1, 0 where there is none. A label is one thing, in however many pieces.
    level : float
        In [0.5, 1).

    Returns
    -------
    found, wrong, missed : int
        True positives, false positives, false negatives.

    Raises
    ------
    ImageError
        If the maps are not whole numbers from 0 of one shape (H, W).
    ConfigError
        If the level is outside of its range.

    Examples
    --------
    >>> match_counts([[1, 1, 0, 2]], [[5, 5, 6, 0]])
    (1, 1, 1)
    """
    if not isinstance(level, int | float) or not 0.5 <= level < 1:
        raise ConfigError(f"got level={level!r}; pass a number from 0.5 to below 1")
    overlaps, true, predicted = _overlaps(truth, prediction)
    found = int((overlaps > level).sum())
    return found, predicted - found, true - found


def average_precision(truth: ArrayLike, prediction: ArrayLike, level: float = 0.5) -> float:
    """Things found, of those that are there or were claimed: TP / (TP + FP + FN).

    Parameters
    ----------
    truth, prediction, level
        As for :func:`match_counts`.

    Returns
    -------
    float
        In [0, 1]; 1 if there is none and none was claimed.

    References
    ----------
    .. [1] J. C. Caicedo et al., "Nucleus segmentation across imaging experiments: the 2018 Data
       Science Bowl", Nature Methods 16, 2019, doi:10.1038/s41592-019-0612-7.

    Examples
    --------
    >>> average_precision([[1, 1, 0, 2]], [[5, 5, 0, 2]])
    1.0
    """
    found, wrong, missed = match_counts(truth, prediction, level)
    return _precision(found, wrong, missed)


def count_error(truth: ArrayLike, prediction: ArrayLike) -> float:
    """How far the number of things is off, as a share of the true number.

    Parameters
    ----------
    truth, prediction : array_like of int, shape (H, W)
        As for :func:`match_counts`.

    Returns
    -------
    float
        From 0. Where there is no thing, the number that was claimed.

    Examples
    --------
    >>> count_error([[1, 2, 3, 4]], [[1, 2, 2, 2]])
    0.5
    """
    _, true, predicted = _overlaps(truth, prediction)
    return abs(predicted - true) / max(true, 1)


class InstanceScores(ImageMeans):
    """Mean scores of things over images.

    Attributes
    ----------
    per_image : list of dict of str to float
        ``ap50``, ``ap75``, ``ap`` (the mean over `IOU_LEVELS`), ``count_error``, ``true`` and
        ``predicted``, the numbers of things, of each image in the order of adding.

    Examples
    --------
    >>> scores = InstanceScores()
    >>> scores.add([[1, 1, 0, 2]], [[1, 1, 0, 0]])["ap50"]
    0.5
    >>> scores.compute()["count_error"]
    0.5
    """

    def add(self, truth: ArrayLike, prediction: ArrayLike) -> dict[str, float]:
        """Score one image.

        Parameters
        ----------
        truth, prediction : array_like of int, shape (H, W)
            As for :func:`match_counts`.

        Returns
        -------
        dict of str to float
            What was appended to ``per_image``.
        """
        overlaps, true, predicted = _overlaps(truth, prediction)
        by_level = {}
        for level in IOU_LEVELS:
            found = int((overlaps > level).sum())
            by_level[level] = _precision(found, predicted - found, true - found)
        scores = {
            "ap50": by_level[0.5],
            "ap75": by_level[0.75],
            "ap": float(np.mean(list(by_level.values()))),
            "count_error": abs(predicted - true) / max(true, 1),
            "true": float(true),
            "predicted": float(predicted),
        }
        self.per_image.append(scores)
        return scores


def _precision(found: int, wrong: int, missed: int) -> float:
    every = found + wrong + missed
    return found / every if every else 1.0


def _overlaps(truth: ArrayLike, prediction: ArrayLike) -> tuple[NDArray[np.float64], int, int]:
    """IoU of each pair of things that meet, and the numbers of both."""
    true, predicted = as_labels(truth), as_labels(prediction)
    for labels in (true, predicted):
        if labels.min() < 0:
            raise ImageError(f"got label {labels.min()}; number things from 1, with 0 for none")
    table = contingency(true, predicted)
    # Labels are told by their rank in the table, where 0, if it occurs, is the first.
    first, second = int(0 in true), int(0 in predicted)
    both = (table.rows >= first) & (table.columns >= second)
    rows, columns, counts = table.rows[both], table.columns[both], table.counts[both]
    union = table.row_sizes[rows] + table.column_sizes[columns] - counts
    return counts / union, len(table.row_sizes) - first, len(table.column_sizes) - second
