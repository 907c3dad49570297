"""Named scores of each image, and their means."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

__all__ = ["ImageMeans"]


class ImageMeans:
    """Mean scores over images; what is added to it is the business of each kind.

    Attributes
    ----------
    per_image : list of dict of str to float
        The scores of each image, in the order of adding.
    """

    def __init__(self) -> None:
        self.per_image: list[dict[str, float]] = []

    def compute(self) -> dict[str, float]:
        """Return the mean of each score over the images; empty before the first."""
        if not self.per_image:
            return {}
        return {
            name: float(np.mean([scores[name] for scores in self.per_image]))
            for name in self.per_image[0]
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values, fit for JSON."""
        return {"images": [dict(scores) for scores in self.per_image]}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Restore what :meth:`to_dict` returned."""
        scores = cls()
        scores.per_image = [dict(image) for image in content["images"]]
        return scores
