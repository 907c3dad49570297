"""Boundary scores over images, at one setting of a method or over several."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ConfigError, ImageError
from segprior.metrics.boundaries import (
    MAX_DISTANCE,
    BoundaryCounts,
    boundary_counts,
    label_boundaries,
)
from segprior.metrics.hierarchies import cut_tables
from segprior.metrics.tables import as_labels

__all__ = ["BoundaryScores"]


class BoundaryScores:
    """Boundary precision, recall and F over images, at one or several settings.

    Recall is the share of the annotators' boundary pixels that are found, precision the share of
    the found pixels that any annotator drew; both pool the pixels of all images. F is their
    harmonic mean. Over several settings, ODS is the best F of one setting for all images
    (between two settings, precision and recall are interpolated), OIS pools each image's best
    setting, and AP is the area under the curve.

    Parameters
    ----------
    settings : sequence of float
        What distinguishes the boundary maps of an image, such as thresholds.
    max_distance : float
        Greatest distance of a true pixel and its partner, as a share of the image diagonal.

    Attributes
    ----------
    per_image : list of dict of str to list of int
        The counts of :class:`BoundaryCounts` for each image and each setting, in the order of
        adding.

    Raises
    ------
    ConfigError
        If there is no setting, or ``max_distance`` is negative or not finite.

    References
    ----------
    P. Arbeláez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image
    segmentation. TPAMI 33(5), 2011. doi:10.1109/TPAMI.2010.161
    """

    def __init__(
        self, settings: Sequence[float] = (1.0,), max_distance: float = MAX_DISTANCE
    ) -> None:
        if not len(settings):
            raise ConfigError("got no settings; pass one for each boundary map of an image")
        if not 0 <= max_distance < np.inf:
            raise ConfigError(
                f"got max_distance={max_distance!r}; pass a share of the diagonal, such as 0.0075"
            )
        self.settings = [float(setting) for setting in settings]
        self.max_distance = float(max_distance)
        self.per_image: list[dict[str, list[int]]] = []

    def add(
        self, truths: Sequence[ArrayLike], predictions: Sequence[ArrayLike]
    ) -> dict[str, list[int]]:
        """Score the boundary maps of one image.

        Parameters
        ----------
        truths : sequence of array_like of bool, shape (H, W)
            Boundary maps of one or more annotators, one pixel wide.
        predictions : sequence of array_like of bool, shape (H, W)
            One boundary map for each setting; thinned here.

        Returns
        -------
        dict of str to list of int
            What was appended to ``per_image``.

        Raises
        ------
        ImageError
            If there is no truth, there are not as many predictions as settings, or the maps have
            not one shape (H, W).
        """
        if len(predictions) != len(self.settings):
            raise ImageError(
                f"got {len(predictions)} boundary maps; pass one for each of the "
                f"{len(self.settings)} settings"
            )
        counts: list[BoundaryCounts] = []
        for number, one in enumerate(predictions):
            # Neighbouring thresholds often cut alike, and pairing takes the time.
            alike = number > 0 and np.array_equal(one, predictions[number - 1])
            counts.append(counts[-1] if alike else boundary_counts(truths, one, self.max_distance))
        image = {name: [getattr(one, name) for one in counts] for name in BoundaryCounts._fields}
        self.per_image.append(image)
        return image

    def add_labels(
        self, truths: Sequence[ArrayLike], predictions: Sequence[ArrayLike]
    ) -> dict[str, list[int]]:
        """Score the boundaries of label maps of shape (H, W), one for each setting; see add."""
        return self.add(truths, [label_boundaries(labels) for labels in predictions])

    def add_hierarchy(
        self, truths: Sequence[ArrayLike], regions: ArrayLike, merges: ArrayLike, costs: ArrayLike
    ) -> dict[str, list[int]]:
        """Score the cuts of a hierarchy at the settings, which are costs; see add.

        ``regions``, ``merges`` and ``costs`` are those of
        :meth:`segprior.metrics.SettingScores.add_hierarchy`.
        """
        finest = as_labels(regions)
        tables = cut_tables(merges, costs, self.settings)
        return self.add_labels(truths, [table[finest] for table in tables])

    def add_soft(self, truths: Sequence[ArrayLike], prediction: ArrayLike) -> dict[str, list[int]]:
        """Score a map of boundary strengths of shape (H, W); see add.

        The settings are thresholds: a boundary is what is at least as strong.
        """
        strength = np.asarray(prediction)
        return self.add(truths, [strength >= threshold for threshold in self.settings])

    def curve(self) -> NDArray[np.float64]:
        """Return precision, recall and F over all images for each setting.

        Returns
        -------
        ndarray of float64, shape (number of settings, 3)
        """
        return _scores(np.sum([_counts(image) for image in self.per_image], axis=0))

    def best_of_images(self) -> NDArray[np.float64]:
        """Return the best setting of each image with its precision, recall and F.

        Returns
        -------
        ndarray of float64, shape (number of images, 4)
        """
        best = [_best(self.settings, _scores(_counts(image))) for image in self.per_image]
        return np.array(best, np.float64).reshape(-1, 4)

    def compute(self) -> dict[str, float]:
        """Return the scores over all images; empty before the first.

        Returns
        -------
        dict of str to float
            ``precision``, ``recall`` and ``f`` if there is one setting; these three ending in
            ``_ods`` and ``_ois``, with ``f_ods_setting`` and ``ap``, if there are several.
        """
        if not self.per_image:
            return {}
        names = ("precision", "recall", "f")
        curve = self.curve()
        if len(self.settings) == 1:
            return dict(zip(names, map(float, curve[0]), strict=True))
        setting, *best = _best(self.settings, curve)
        scores = {f"{name}_ods": value for name, value in zip(names, best, strict=True)}
        scores["f_ods_setting"] = setting
        chosen = []
        for image in self.per_image:
            counts = _counts(image)
            chosen.append(counts[int(np.argmax(_scores(counts)[:, 2]))])
        pooled = _scores(np.sum(chosen, axis=0)[None])[0]
        scores |= {f"{name}_ois": float(value) for name, value in zip(names, pooled, strict=True)}
        scores["ap"] = _area(curve)
        return scores

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values, fit for JSON."""
        return {
            "settings": list(self.settings),
            "max_distance": self.max_distance,
            "images": [dict(image) for image in self.per_image],
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> BoundaryScores:
        """Restore what :meth:`to_dict` returned; ``images`` of several may be concatenated."""
        scores = cls(content["settings"], content["max_distance"])
        scores.per_image = [dict(image) for image in content["images"]]
        return scores


def _counts(image: dict[str, list[int]]) -> NDArray[np.float64]:
    """Counts of shape (number of settings, 4) in the order of :class:`BoundaryCounts`."""
    return np.array([image[name] for name in BoundaryCounts._fields], np.float64).T


def _scores(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Precision, recall and F of shape (number of settings, 3)."""
    matched_truth, truth, matched_prediction, prediction = counts.T
    recall = matched_truth / np.maximum(truth, 1)
    precision = matched_prediction / np.maximum(prediction, 1)
    return np.stack([precision, recall, _f(precision, recall)], axis=1)


def _f(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> NDArray[np.float64]:
    total = precision + recall
    f: NDArray[np.float64] = 2 * precision * recall / np.where(total > 0, total, 1)
    return f


def _best(
    settings: Sequence[float], curve: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Setting, precision, recall and F where F is best along the straight pieces of the curve."""
    points = np.column_stack([settings, curve[:, :2]])
    shares = np.linspace(0, 1, 100)[:, None]
    pieces = [a * (1 - shares) + b * shares for a, b in itertools.pairwise(points)]
    points = np.concatenate([points[:1], *pieces])
    f = _f(points[:, 1], points[:, 2])
    best = int(np.argmax(f))
    setting, precision, recall = (float(value) for value in points[best])
    return setting, precision, recall, float(f[best])


def _area(curve: NDArray[np.float64]) -> float:
    """Area under precision over recall, sampled at every hundredth of recall."""
    recall, first = np.unique(curve[:, 1], return_index=True)
    if len(recall) < 2:
        return 0.0
    sampled = np.interp(np.arange(101) / 100, recall, curve[first, 0], left=0, right=0)
    return float(sampled.sum() / 100)
