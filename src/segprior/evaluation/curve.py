"""The curves of hierarchies over a set of images, and the best of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segprior.evaluation.cuts import Cuts

__all__ = ["Curve", "curve_of", "ends_of", "scores_of"]

Curve = dict[str, list[float]]
"""Values at each threshold, by name."""

_REGIONS = ("sc", "pri", "voi", "miou", "segments")
_BOUNDARIES = ("precision", "recall", "f")


def scores_of(results: Sequence[Mapping[str, Any]], cuts: Cuts) -> dict[str, Any]:
    """Pool what :func:`segprior.evaluation.cuts.score_tree` found on images.

    Returns
    -------
    dict of str to float
        ODS, OIS and best of :class:`segprior.metrics.SettingScores`; ``threshold``, where covering
        is best, and ``segments``, how many there are on average; of
        :class:`segprior.metrics.BoundaryScores` the best F and AP, if all were scored.
    """
    found, boundaries = _pooled(results, cuts)
    scores: dict[str, Any] = dict(found.compute())
    scores["threshold"] = scores["sc_ods_setting"]
    scores["segments"] = float(found.curve("segments")[int(np.argmax(found.curve("sc")))])
    if boundaries is not None:
        scores |= {name: boundaries.compute()[name] for name in ("f_ods", "f_ois", "ap")}
    return scores


def curve_of(results: Sequence[Mapping[str, Any]], cuts: Cuts) -> Curve:
    """Return the scores over all images at each threshold.

    Returns
    -------
    dict of str to list of float
        ``thresholds``, ``sc``, ``pri``, ``voi``, ``miou`` and ``segments``; if boundaries were
        scored, ``boundary_thresholds``, ``precision``, ``recall`` and ``f``.
    """
    found, boundaries = _pooled(results, cuts)
    curve = {"thresholds": list(found.settings)}
    curve |= {name: found.curve(name).tolist() for name in _REGIONS}
    if boundaries is not None:
        curve["boundary_thresholds"] = list(boundaries.settings)
        curve |= dict(zip(_BOUNDARIES, boundaries.curve().T.tolist(), strict=True))
    return curve


def ends_of(curve: Curve) -> list[str]:
    """Say which scores are best at the first or the last threshold, so perhaps better beyond."""
    best = {
        "SC": int(np.argmax(curve["sc"])),
        "PRI": int(np.argmax(curve["pri"])),
        "VoI": int(np.argmin(curve["voi"])),
    }
    last = len(curve["thresholds"]) - 1
    ends = [name for name, place in best.items() if place in (0, last)]
    if "f" in curve and int(np.argmax(curve["f"])) in (0, len(curve["f"]) - 1):
        ends.append("F")
    return ends


def _pooled(results: Sequence[Mapping[str, Any]], cuts: Cuts) -> tuple[Any, Any]:
    """The scores of regions and, if all images have them, of boundaries."""
    from segprior.metrics.curves import BoundaryScores
    from segprior.metrics.settings import SettingScores

    thresholds, images = _at_thresholds([result["cuts"] for result in results], cuts.regions, cuts)
    found = SettingScores(thresholds)
    found.per_image = images
    edges = [result["boundaries"] for result in results]
    if None in edges:
        return found, None
    thresholds, images = _at_thresholds(edges, cuts.boundaries, cuts)
    boundaries = BoundaryScores(thresholds)
    boundaries.per_image = images
    return found, boundaries


def _at_thresholds(
    images: list[dict[str, Any]], settings: Sequence[float], cuts: Cuts
) -> tuple[Sequence[float], list[dict[str, Any]]]:
    """Thresholds for all images, and what each scored there.

    Images that were cut by numbers have costs of their own: quantiles of all of them are the
    thresholds, ten for each cut, and at each an image has the last of its cuts that the threshold
    reaches.
    """
    if not cuts.by_number:
        return settings, images
    costs = [image["costs"] for image in images]
    shares = np.linspace(0, 1, 10 * len(settings))
    # Costs that there are, since a threshold a rounding below one would miss it.
    thresholds = np.unique(np.quantile(costs, shares, method="nearest"))
    found = []
    for image in images:
        place = np.searchsorted(image["costs"], thresholds, side="right").clip(1) - 1
        # All lists go along the cuts but for the numbers of true segments.
        found.append(
            {
                name: [values[one] for one in place]
                if isinstance(values, list) and name != "counts"
                else values
                for name, values in image.items()
                if name != "costs"
            }
        )
    return thresholds.tolist(), found
