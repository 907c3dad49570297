"""Answers to marks: one object after the other, at the working size and then at full size."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segprior.steering.answer import Answer, answer, links_of
from segprior.steering.edges import follow_edges
from segprior.steering.evidence import Sides
from segprior.steering.local_words import LocalWords
from segprior.steering.weights import Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.steering.marks import Marks
    from segprior.steering.scene import Scene

__all__ = ["Found", "Steerer"]


class Found(NamedTuple):
    """What was found of marks.

    Attributes
    ----------
    labels : ndarray of int32, shape (H, W)
        0 for ground.
    confidence : ndarray of float32, shape (H, W)
        abs(tanh(odds / 2)) by the logarithm of the odds of the label, 0 where it is another than
        they say, 1 at marks.
    """

    labels: NDArray[np.int32]
    confidence: NDArray[np.float32]


class Steerer:
    """A scene, and what is made of it to answer quickly.

    Parameters
    ----------
    scene : Scene
    image : ndarray of shape (H, W, C)
        Of uint8 or uint16, the whole range of which is used; for edges at full size.
    weights : Weights
    """

    def __init__(
        self, scene: Scene, image: NDArray[np.uint8] | NDArray[np.uint16], weights: Weights
    ) -> None:
        self.scene, self.image, self.weights = scene, image, weights

    @cached_property
    def words(self) -> tuple[LocalWords, LocalWords]:
        """Of texture and of colour."""
        kinds = self.scene.textons, self.scene.tints
        first, second = (LocalWords(of, self.scene.diagonal, self.weights) for of in kinds)
        return first, second

    @cached_property
    def links(self) -> NDArray[np.int32]:
        """What it costs to part neighbours at the working size."""
        return links_of(self.scene.contrasts, self.weights)

    def one(self, sides: Sides) -> Answer:
        """Find one object at the working size."""
        return answer(self.scene, self.words, self.links, sides, self.weights)

    def find(self, marks: Marks) -> Found:
        """Find all objects that are marked, each against the others and the ground."""
        objects = marks.objects
        answers = [self._large(marks, label) for label in objects]
        labels = np.zeros(marks.shape, np.int32)
        best = np.zeros(marks.shape, np.float32)
        odds = np.stack([one.odds for one in answers])
        claimed = np.stack([one.mask for one in answers])
        if marks.divides:
            claimed |= ~claimed.any(axis=0)
        ranked = np.where(claimed, odds, -np.inf)
        first = ranked.argmax(axis=0)
        labels = np.where(claimed.any(axis=0), np.array(objects, np.int32)[first], 0)
        labels = labels.astype(np.int32)
        object_odds = np.take_along_axis(odds, first[None], 0)[0]
        best = np.where(labels > 0, object_odds, -odds.max(axis=0))
        confidence = np.maximum(np.tanh(best / 2), 0).astype(np.float32)
        rows, columns = marks.places.T
        labels[rows, columns] = marks.labels
        confidence[rows, columns] = 1
        return Found(labels, confidence)

    def _large(self, marks: Marks, label: int) -> Answer:
        """Find one object at full size."""
        shape = self.scene.regions.shape
        given = marks.reduced((shape[0], shape[1]))
        sides = np.zeros(shape, np.int8)
        sides[given >= 0] = -1
        sides[given == label] = 1
        small = self.one(
            Sides(
                marks=sides,
                inside=_reduced_box(marks, shape),
                start=_reduced_mask(marks, shape),
                open=not marks.divides,
            )
        )
        if marks.shape == shape:
            return small
        return follow_edges(small, self.image, marks, label, self.weights)


def _reduced_box(marks: Marks, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Where the box is at the working size, at least one pixel."""
    if marks.box is None:
        return None
    top, left, bottom, right = marks.box
    inside = np.zeros(shape, bool)
    rows, columns = (
        slice(
            min(low * small // full, small - 1), max(-(-high * small // full), 1)
        )
        for low, high, small, full in (
            (top, bottom, shape[0], marks.shape[0]),
            (left, right, shape[1], marks.shape[1]),
        )
    )
    inside[rows, columns] = True
    return inside


def _reduced_mask(marks: Marks, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    from segprior.image.resize import resize

    if marks.mask is None:
        return None
    return resize(marks.mask[..., None].astype(np.float32), (shape[0], shape[1]))[..., 0]
