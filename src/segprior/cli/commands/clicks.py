"""Points in each image of a batch, and the task that they make of it."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segprior.errors import ImageError
from segprior.io.marks.many import read_marks_of_many

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.cli.commands.foreground import ForegroundTask

__all__ = ["Clicks"]


@dataclass(frozen=True)
class Clicks:
    """Points by image.

    Attributes
    ----------
    name : str
        The file, for messages.
    points : dict of str to ndarray of int64, shape (K, 3)
        By the name of the image in the manifest: row, column and label, 0 for ground.
    task : ForegroundTask
        What is asked of all images.
    """

    name: str
    points: dict[str, NDArray[np.int64]]
    task: ForegroundTask

    @classmethod
    def read(cls, name: str, task: ForegroundTask) -> Clicks:
        """Read the file.

        Raises
        ------
        ImageError
            As :func:`segprior.io.marks.many.read_marks_of_many`.
        ConfigError
            If there is no use for marks.
        """
        task.check_marked("--clicks")
        return cls(name, read_marks_of_many(name), task)

    def of(self, image: str) -> ForegroundTask:
        """Make the task of one image.

        Raises
        ------
        ImageError
            If it has no points.
        """
        points = self.points.get(image)
        if points is None:
            raise ImageError(
                f"{image}: no points in {self.name}; add some, or leave it out with --pattern"
            )
        task = copy.copy(self.task)
        task.marked = {"points": points[:, :2], "labels": points[:, 2]}
        return task

    def digest(self) -> str:
        """Tell all points from others."""
        content = repr([(image, points.tolist()) for image, points in self.points.items()])
        return hashlib.sha256(content.encode()).hexdigest()
