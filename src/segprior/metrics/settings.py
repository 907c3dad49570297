"""Region scores of several label maps per image, one for each setting of a method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ConfigError, ImageError
from segprior.metrics.hierarchies import cut_tables
from segprior.metrics.tables import (
    Contingency,
    as_labels,
    best_of_columns,
    best_of_rows,
    contingency,
    join_columns,
    rand_index_of,
    variation_of,
)

__all__ = ["SettingScores"]


class SettingScores:
    """Covering, PRI and VoI at the best setting for all images, for each image, each segment.

    ODS takes the one setting that is best for the set of images, OIS the best one of each image,
    and *best* the best label map for each true segment. Covering pools pixels over the images and
    annotators; PRI and VoI are means over images of the mean over annotators. There is also the
    mIOU of :class:`segprior.metrics.RegionScores`, of the labels as they are, at its best setting.

    Parameters
    ----------
    settings : sequence of float
        What distinguishes the label maps of an image, such as thresholds.

    Attributes
    ----------
    per_image : list of dict
        For each image in the order of adding and for each setting ``sc``, ``pri``, ``voi`` and
        ``sc_back``, the covering of the prediction by all annotators, ``segments``, their number,
        and ``ious``, the sum of the best IoU of the true segments of all annotators, of the one
        with most and with fewest; also ``counts``, the number of these segments, ``pixels`` over
        all annotators and the covering ``sc_best``.

    Raises
    ------
    ConfigError
        If there is no setting.

    References
    ----------
    P. Arbeláez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image
    segmentation. TPAMI 33(5), 2011. doi:10.1109/TPAMI.2010.161

    Examples
    --------
    >>> scores = SettingScores([0.1, 0.2])
    >>> _ = scores.add([[[1, 1, 2, 2]]], [[[1, 1, 2, 2]], [[1, 1, 1, 1]]])
    >>> scores.compute()["sc_ods"], scores.compute()["sc_ods_setting"]
    (1.0, 0.1)
    """

    def __init__(self, settings: Sequence[float]) -> None:
        if not len(settings):
            raise ConfigError("got no settings; pass one for each label map of an image")
        self.settings = [float(setting) for setting in settings]
        self.per_image: list[dict[str, Any]] = []

    def add(self, truths: Sequence[ArrayLike], predictions: Sequence[ArrayLike]) -> dict[str, Any]:
        """Score the label maps of one image.

        Parameters
        ----------
        truths : sequence of array_like of int, shape (H, W)
            Label maps of one or more annotators.
        predictions : sequence of array_like of int, shape (H, W)
            One for each setting, taken as they are.

        Returns
        -------
        dict
            What was appended to ``per_image``.

        Raises
        ------
        ImageError
            If there is no truth, there are not as many predictions as settings, or the maps are
            not whole numbers of one shape (H, W).
        """
        if len(predictions) != len(self.settings):
            raise ImageError(
                f"got {len(predictions)} label maps; pass one for each of the "
                f"{len(self.settings)} settings"
            )
        return self._add([contingency(truth, one) for truth in truths] for one in predictions)

    def add_tables(
        self, truths: Sequence[ArrayLike], regions: ArrayLike, tables: ArrayLike
    ) -> dict[str, Any]:
        """Score one image whose label maps are all made of the same regions.

        The pixels are counted once; what is scored is the same as of
        ``add(truths, [table[regions] for table in tables])``.

        Parameters
        ----------
        truths : sequence of array_like of int, shape (H, W)
            Label maps of one or more annotators.
        regions : array_like of int, shape (H, W)
            The finest segments, from 0.
        tables : array_like of int, shape (number of settings, n)
            For each setting the label of each of the n regions, as
            :func:`segprior.metrics.cut_tables` makes them.

        Returns
        -------
        dict
            What was appended to ``per_image``.

        Raises
        ------
        ImageError
            If there is no truth, there are not as many tables as settings, a region is not in the
            tables, or the maps are not whole numbers of one shape (H, W).
        """
        labels = np.asarray(tables)
        if labels.ndim != 2 or len(labels) != len(self.settings):
            raise ImageError(
                f"tables of shape {labels.shape}; pass one for each of the "
                f"{len(self.settings)} settings"
            )
        finest = as_labels(regions)
        there = np.unique(finest)
        if there[0] < 0 or there[-1] >= labels.shape[1]:
            raise ImageError(
                f"regions from {there[0]} to {there[-1]}, but tables of {labels.shape[1]}; number "
                "the regions from 0"
            )
        counted = [contingency(truth, finest) for truth in truths]
        return self._add(
            [join_columns(table, row) for table in counted] for row in labels[:, there]
        )

    def add_hierarchy(
        self, truths: Sequence[ArrayLike], regions: ArrayLike, merges: ArrayLike, costs: ArrayLike
    ) -> dict[str, Any]:
        """Score the hierarchy of one image; the settings are the costs at which it is cut.

        Parameters
        ----------
        truths : sequence of array_like of int, shape (H, W)
            Label maps of one or more annotators.
        regions : array_like of int, shape (H, W)
            The n finest segments, from 0.
        merges : array_like of int, shape (n - 1, 2)
            Which regions became one, in this order: the second is from then on part of the first.
        costs : array_like of float, shape (n - 1,)
            What each merge cost, never falling; a cut makes all merges up to its cost.

        Returns
        -------
        dict
            What was appended to ``per_image``.

        Raises
        ------
        ImageError
            As for :meth:`add_tables` and :func:`segprior.metrics.cut_tables`.
        """
        return self.add_tables(truths, regions, cut_tables(merges, costs, self.settings))

    def _add(self, by_setting: Iterable[list[Contingency]]) -> dict[str, Any]:
        names = ("sc", "pri", "voi", "sc_back", "segments", "ious")
        image: dict[str, Any] = {name: [] for name in names}
        best: NDArray[np.float64] | None = None
        for tables in by_setting:
            if not tables:
                raise ImageError("got no true label map; pass at least one annotator's")
            sizes = np.concatenate([table.row_sizes for table in tables])
            drawn = [best_of_rows(table) for table in tables]
            ious, numbers = np.concatenate(drawn), [len(one) for one in drawn]
            chosen = ious, drawn[int(np.argmax(numbers))], drawn[int(np.argmin(numbers))]
            best = ious if best is None else np.maximum(best, ious)
            back = np.max([best_of_columns(table) for table in tables], axis=0)
            areas = tables[0].column_sizes
            image["sc"].append(float(sizes @ ious / sizes.sum()))
            image["sc_back"].append(float(areas @ back / areas.sum()))
            image["pri"].append(float(np.mean([rand_index_of(table) for table in tables])))
            image["voi"].append(float(np.mean([variation_of(table) for table in tables])))
            image["segments"].append(len(areas))
            image["ious"].append([float(one.sum()) for one in chosen])
        image |= {
            "counts": [len(one) for one in chosen],
            "pixels": int(sizes.sum()),
            "sc_best": float(sizes @ best / sizes.sum()),
        }
        self.per_image.append(image)
        return image

    def curve(self, name: str) -> NDArray[np.float64]:
        """Return one score over all images for each setting.

        Parameters
        ----------
        name : {"sc", "pri", "voi", "miou", "segments"}
            Which; ``segments`` is the mean number of labels.

        Returns
        -------
        ndarray of float64, shape (number of settings,)

        Raises
        ------
        ConfigError
            If there is no such score.
        """
        if name not in ("sc", "pri", "voi", "miou", "segments"):
            raise ConfigError(f"got {name!r}; choose 'sc', 'pri', 'voi', 'miou' or 'segments'")
        if name == "miou":
            counts = np.array([image["counts"] for image in self.per_image])
            sums = self._values("ious").sum(axis=0)
            pooled: NDArray[np.float64] = np.mean(sums / counts.sum(axis=0), axis=1)
            return pooled
        mean: NDArray[np.float64] = np.average(
            self._values(name), axis=0, weights=self._weights(name)
        )
        return mean

    def compute(self) -> dict[str, float]:
        """Return the scores over all images; empty before the first.

        Returns
        -------
        dict of str to float
            ``sc_ods``, ``sc_ods_setting``, ``sc_ois``, ``sc_best``, the first three for ``pri``
            and ``voi``, and the first two for ``miou``.
        """
        if not self.per_image:
            return {}
        scores: dict[str, float] = {}
        for name in ("sc", "pri", "voi"):
            # Less is better for the variation of information alone.
            sign = -1 if name == "voi" else 1
            curve, values = self.curve(name), self._values(name)
            chosen = int(np.argmax(sign * curve))
            best = sign * np.max(sign * values, axis=1)
            scores |= {
                f"{name}_ods": float(curve[chosen]),
                f"{name}_ods_setting": self.settings[chosen],
                f"{name}_ois": float(np.average(best, weights=self._weights(name))),
            }
        curve = self.curve("miou")
        chosen = int(np.argmax(curve))
        scores |= {"miou_ods": float(curve[chosen]), "miou_ods_setting": self.settings[chosen]}
        best = np.array([image["sc_best"] for image in self.per_image])
        scores["sc_best"] = float(np.average(best, weights=self._weights("sc")))
        return scores

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values, fit for JSON."""
        return {"settings": list(self.settings), "images": [dict(one) for one in self.per_image]}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> SettingScores:
        """Restore what :meth:`to_dict` returned; ``images`` of several may be concatenated."""
        scores = cls(content["settings"])
        scores.per_image = [dict(image) for image in content["images"]]
        return scores

    def _values(self, name: str) -> NDArray[np.float64]:
        return np.array([image[name] for image in self.per_image], np.float64)

    def _weights(self, name: str) -> NDArray[np.float64]:
        if name != "sc":
            return np.ones(len(self.per_image))
        return np.array([image["pixels"] for image in self.per_image], np.float64)
