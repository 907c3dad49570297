"""How likely a piece of an image is one whole thing, by its size, shape and contrast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from segprior.regions.threshold_tree.measures import MEASURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FIRST", "SECOND", "TERMS", "Weights", "fitness", "terms"]

Weights = Sequence[float]

TERMS = (
    "one", "ellipse", "ellipse squared", "roundness", "roundness squared", "edge", "step", "cut",
    "outer", "outer of cuts", "inner", "frame", "spread", "height", "height squared", "mean",
    "threshold", "larger", "smaller", "size squared", "smaller at the frame", "cut of merged",
)  # fmt: skip
# Weights of the terms before the size of things is known, and after
# (benchmarks/fit_instances.py; docs/quality.md).
FIRST: Weights = (
    0.926, 17, 15.4, -0.995, -1.31, 0.464, 1.99, -3.82, 0.573, 7.49, 0.122, 1.78, -5.45, 12, -3.58,
    -5.54, 6.65, 0, 0, 0, 0, -41.1,
)  # fmt: skip
SECOND: Weights = (
    2.46, 9.9, 7.43, 0.37, -0.0681, -0.206, 1.98, -2.42, 0.335, 6.21, 0.353, -0.0769, -5.79, 6.97,
    -1.24, -3.08, 3.33, -2.07, -0.792, -0.21, 1.92, -30.4,
)  # fmt: skip


def terms(measures: NDArray[np.float64], area: float | None = None) -> NDArray[np.float64]:
    """Bend the measures of nodes so that a weighted sum of them can say what is a thing.

    Parameters
    ----------
    measures : ndarray of float64, shape (N, 12)
        Of :func:`segprior.regions.threshold_tree.measures.measure`.
    area : float, optional
        Of a usual thing, in pixels. Without, sizes say nothing.

    Returns
    -------
    ndarray of float64, shape (N, 22)
        In the order of `TERMS`.
    """
    of = dict(zip(MEASURES, measures.T, strict=True))
    ellipse = np.log(np.clip(of["ellipse"], 0.3, 1.1))
    roundness = np.log(np.clip(of["roundness"], 0.05, 1.5))
    step = np.maximum(of["step"], 0)
    height = np.clip((of["mean"] - of["threshold"]) / (step + 0.02), 0, 2)
    outer, inner = np.minimum(of["outer"], 1), np.minimum(of["inner"], 1)
    size = np.zeros(len(measures)) if area is None else np.log(of["area"] / area)
    smaller = np.maximum(-size, 0)
    return np.stack(
        [
            np.ones(len(measures)), ellipse, ellipse**2, roundness, roundness**2,
            np.log(of["edge"] + 1e-3), np.log(step + 0.01), of["cut"],
            outer, outer * of["cut"], inner, of["frame"],
            of["spread"] / (step + 0.05), height, height**2, of["mean"], of["threshold"],
            np.maximum(size, 0), smaller, np.minimum(size**2, 9), of["frame"] * smaller,
            of["cut"] * inner,
        ],
        axis=1,
    )  # fmt: skip


def fitness(
    measures: NDArray[np.float64], weights: Weights, area: float | None = None
) -> NDArray[np.float64]:
    """Estimate how likely each node is one whole thing, by a logistic regression.

    Parameters
    ----------
    measures, area
        As for :func:`terms`.
    weights : sequence of float
        One for each term.

    Returns
    -------
    ndarray of float64, shape (N,)
        In [0, 1].
    """
    odds = terms(measures, area) @ np.array(weights)
    likely: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return likely
