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
    "masked", "masked squared",
)  # fmt: skip
# Weights of the terms before the size of things is known, and after
# (benchmarks/fit_instances.py; docs/quality.md).
FIRST: Weights = (
    -2.13, 13.4, 11.9, -0.0174, -0.688, 0.581, 1.37, -4.65, 0.48, 7.99, -0.271, 1.28, -1.61, 9.33,
    -2.64, -5.51, 3.1, 0, 0, 0, 0, -36.8, 4.58, 0.599,
)  # fmt: skip
SECOND: Weights = (
    -0.152, 9.16, 6.95, 0.606, 0.156, -0.161, 1.64, -2.87, 0.335, 7.32, 0.103, -0.00356, -3.09, 6,
    -1.08, -2.93, 1.18, -1.84, -0.708, -0.206, 1.73, -23.4, 2.56, 0.709,
)  # fmt: skip


def terms(measures: NDArray[np.float64], area: float | None = None) -> NDArray[np.float64]:
    """Bend the measures of nodes so that a weighted sum of them can say what is a thing.

    Parameters
    ----------
    measures : ndarray of float64, shape (N, 13)
        Of :func:`segprior.regions.threshold_tree.measures.measure`.
    area : float, optional
        Of a usual thing, in pixels. Without, sizes say nothing.

    Returns
    -------
    ndarray of float64, shape (N, 24)
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
            of["cut"] * inner, of["masked"], of["masked"] ** 2,
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
