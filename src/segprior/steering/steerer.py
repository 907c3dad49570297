"""Answers to marks: one object after the other, at the working size and then at full size."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segprior.steering.answer import Answer, answer, links_of
from segprior.steering.edges import follow_edges, nearest
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
    image : ndarray of uint16, shape (H, W, C)
        For edges at full size.
    weights : Weights
    """

    def __init__(self, scene: Scene, image: NDArray[np.uint16], weights: Weights) -> None:
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
        answers = [self.one(self._sides(marks, label)) for label in objects]
        masks = [
            self._large(one, marks, label) for one, label in zip(answers, objects, strict=True)
        ]
        labels = self._joined(answers, masks, marks)
        rows, columns = marks.places.T
        labels[rows, columns] = marks.labels
        confidence = self._confidence(answers, labels, objects)
        confidence[rows, columns] = 1
        return Found(labels, confidence)

    def _sides(self, marks: Marks, label: int) -> Sides:
        """What is known of one object at the working size."""
        shape = self.scene.regions.shape
        given = marks.reduced((shape[0], shape[1]))
        sides = np.zeros(shape, np.int8)
        sides[given >= 0] = -1
        sides[given == label] = 1
        return Sides(
            marks=sides,
            inside=_reduced_box(marks, shape),
            start=_reduced_mask(marks, shape),
            open=not marks.divides,
        )

    def _large(self, one: Answer, marks: Marks, label: int) -> NDArray[np.bool_]:
        """Bring one object to full size."""
        if one.mask.shape == marks.shape:
            return one.mask
        return follow_edges(one, self.image, marks, label, self.weights)

    def _joined(
        self, answers: list[Answer], masks: list[NDArray[np.bool_]], marks: Marks
    ) -> NDArray[np.int32]:
        """Make a label map of masks; where several claim a pixel, that with the highest odds."""
        if len(masks) == 1:
            return masks[0] * np.int32(marks.objects[0])
        claims = np.sum(masks, axis=0, dtype=np.int16)
        labels = np.zeros(marks.shape, np.int32)
        best = np.full(marks.shape, -np.inf, np.float32)
        for one, mask, label in zip(answers, masks, marks.objects, strict=True):
            claimed = mask | (claims == 0) if marks.divides else mask
            odds = nearest(one.odds, marks.shape)
            taken = claimed & (odds > best)
            labels[taken] = label
            best[taken] = odds[taken]
        return labels

    def _confidence(
        self, answers: list[Answer], labels: NDArray[np.int32], objects: list[int]
    ) -> NDArray[np.float32]:
        shape = (labels.shape[0], labels.shape[1])
        sure = [np.tanh(one.odds / 2) for one in answers]
        found = nearest(np.maximum(-np.max(sure, axis=0), 0), shape)
        for label, of in zip(objects, sure, strict=True):
            np.copyto(found, nearest(np.maximum(of, 0), shape), where=labels == label)
        return found


def _reduced_box(marks: Marks, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Where the box is at the working size, at least one pixel."""
    if marks.box is None:
        return None
    top, left, bottom, right = marks.box
    inside = np.zeros(shape, bool)
    rows, columns = (
        slice(min(low * small // full, small - 1), max(-(-high * small // full), 1))
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
