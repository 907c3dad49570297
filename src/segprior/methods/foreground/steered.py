"""The mask of what a user marks: clicks, a box, scribbles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.config.steering import PredictorConfig
from segprior.errors import ConfigError
from segprior.messages import Setting
from segprior.methods.empty import warning_of
from segprior.regions.label_map import drop_specks, fill_holes
from segprior.steering.api import prepare, respond
from segprior.steering.marks import as_marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.image.pyramid import Pyramid
    from segprior.methods.foreground.config import ForegroundConfig
    from segprior.result import Segmentation

__all__ = ["cleaned", "find_marked"]


def find_marked(
    image: Pyramid, config: ForegroundConfig, marked: Mapping[str, Any], seed: int
) -> Segmentation:
    """Find the object that is marked.

    Parameters
    ----------
    image : Pyramid
    config : ForegroundConfig
        How the mask is cleaned. No method is asked.
    marked : mapping of str to object
        ``points``, ``labels``, ``box`` and ``scribbles``, as of :meth:`segprior.Predictor.predict`;
        the label 1 is the object, others are ground.
    seed : int

    Raises
    ------
    ConfigError
        As there, or if the object is not marked.
    """
    if config.instances:
        raise ConfigError(
            " with marks, which find one object",
            option="instances",
            got=True,
            cure=("leave ", Setting("instances"), " out"),
        )
    marks = as_marks(image.shape, image=image.full, several=False, **marked)
    if marks.box is None and not (marks.labels == 1).any():
        raise ConfigError("only ground is marked; mark the object too, with the label 1")
    marks = replace(marks, labels=np.where(marks.labels == 1, 1, 0))
    found = respond(prepare(image.full, PredictorConfig(), seed), marks, config, seed)
    mask = found.labels > 0
    tidy, lost_to = cleaned(mask ^ config.invert, config)
    turned = tidy != (mask ^ config.invert)
    confidence = np.where(turned, np.float32(0), found.confidence)
    if image.valid is not None:
        tidy, confidence = tidy & image.valid, confidence * image.valid
    found = replace(found, labels=tidy.astype(np.uint8), confidence=confidence, valid=image.valid)
    return replace(found, warning=warning_of(found, lost_to=lost_to))


def cleaned(mask: NDArray[np.bool_], config: ForegroundConfig) -> tuple[NDArray[np.bool_], str]:
    """Fill holes and drop specks, as far as the configuration says.

    Returns the mask, and the option that left nothing of it, or nothing else.
    """
    tidy, lost_to = mask, ""
    if config.fill_holes:
        tidy = fill_holes(tidy)
        lost_to = "fill_holes" if tidy.all() and not mask.all() else ""
    if config.min_size > 1:
        tidy = drop_specks(tidy, config.min_size)
        lost_to = "min_size" if mask.any() and not tidy.any() else lost_to
    return tidy, lost_to
