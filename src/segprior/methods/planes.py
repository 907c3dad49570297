"""The planes of a stack segmented one by one, and their results put together: the one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from segprior.io.files.budget import check_values
from segprior.io.planes import Planes
from segprior.result import Segmentation

if TYPE_CHECKING:
    from segprior.image.pyramid import Pyramid

__all__ = ["each_plane"]


def each_plane(planes: Planes, find: Callable[[Pyramid], Segmentation]) -> Segmentation:
    """Segment an image, or each plane of a stack.

    Parameters
    ----------
    planes : Planes
    find : callable
        Segments one image.

    Returns
    -------
    Segmentation
        Of an image what was found. Of a stack the labels, and all that has their shape, of all
        planes, of shape (…, H, W), with the axes of the stack; planes know nothing of each other,
        so that a label means something else in each. ``score`` and ``evidence`` are means over the
        planes, ``seconds`` are the sum, and there are no ``curves``.

    Raises
    ------
    ImageError
        If the planes differ in shape, or the labels would take too much memory.
    """
    if not planes.outer:
        return find(planes.only())
    found: list[Segmentation] = []
    for image in planes:
        if not found:
            check_values((len(planes), *image.shape), 8, planes.max_bytes, planes.name)
        found.append(find(image))
    first = found[0]
    shape = (*planes.sizes, *first.labels.shape)
    valid = None
    if any(one.valid is not None for one in found):
        everywhere = np.ones(first.labels.shape, bool)
        masks = [everywhere if one.valid is None else one.valid for one in found]
        valid = np.stack(masks).reshape(shape)
    return replace(
        first,
        labels=np.stack([one.labels for one in found]).reshape(shape),
        confidence=np.stack([one.confidence for one in found]).reshape(shape),
        score=float(np.mean([one.score for one in found])),
        seconds=sum(one.seconds for one in found),
        evidence={
            name: float(np.mean([one.evidence[name] for one in found]))
            for name in first.evidence
            if all(name in one.evidence for one in found)
        },
        curves={},
        axes=planes.axes,
        valid=valid,
    )
