"""The classes that a user marks by scribbles, over the regions of a hierarchy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.config.steering import PredictorConfig
from segprior.errors import ConfigError
from segprior.io.marks.reader import read_marks
from segprior.messages import Setting
from segprior.methods.multiclass.classes import Classes
from segprior.steering.api import prepare
from segprior.steering.marks import as_marks

if TYPE_CHECKING:
    from segprior.image.pyramid import Pyramid
    from segprior.methods.multiclass.config import SegmentConfig

__all__ = ["find_marked"]


def find_marked(image: Pyramid, scribbles: Any, config: SegmentConfig, seed: int) -> Classes:
    """Give each pixel one of the marks; where there is one mark, what is not its class another.

    Parameters
    ----------
    image : Pyramid
    scribbles
        As of :func:`segprior.segment`.
    config : SegmentConfig
        Of the hierarchy.
    seed : int

    Raises
    ------
    ConfigError
        If another number of classes is asked for.
    """
    drawn = read_marks(scribbles, image.shape, image=image.full)
    marks = as_marks(image.shape, scribbles=drawn.classes())
    count = max(len(np.unique(marks.labels)), 2)
    if config.classes not in (None, count):
        raise ConfigError(
            f", but scribbles of {len(np.unique(marks.labels))} labels",
            option="classes",
            got=config.classes,
            cure=("leave ", Setting("classes"), " out"),
        )
    size = PredictorConfig(working_size=config.working_size)
    labels, confidence = prepare(image.full, size, seed).find(marks)
    free = next(n for n in range(1, count + 1) if n not in marks.labels) if count == 2 else 0
    labels[labels == 0] = free
    return Classes(
        labels=labels,
        confidence=confidence,
        evidence={"marks": float(len(marks.labels))},
        numbered=lambda numbers: numbers,
    )
