"""LabelMe's JSON: polygons that can be corrected by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.io.format import Format, Target
from segprior.io.shared.label_names import label_name
from segprior.io.shared.polygons import Polygon, trace_polygons

__all__ = ["FORMAT", "encode_labelme"]

_VERSION = "5.5.0"  # of LabelMe, whose layout of the file this is


def encode_labelme(labels: NDArray[Any], *, mask: bool, image: str, things: bool = False) -> bytes:
    """Return a LabelMe file of the polygons of a mask or label map.

    One polygon for each connected piece of each label but 0; the pieces of a label share its name
    and have it as their `group_id`. Points are [column, row] in pixels, along the edges of the
    pixels. LabelMe's polygons have no holes, so a hole is joined to the outline by a line of no
    width, there and back; filled by either rule, the polygons give back the labels exactly.
    LabelMe itself also draws the outline when it makes masks, which adds up to a pixel to the
    right and below, as it does to polygons drawn by hand.

    Parameters
    ----------
    labels, mask, things
        As for :func:`segprior.io.formats.geojson.encode_geojson`.
    image : str
        File of the image, as seen from the folder of the file.
    """
    shapes = [
        {
            "label": label_name(label, mask=mask, things=things),
            "points": _joined(polygon).tolist(),
            "group_id": label,
            "description": "",
            "shape_type": "polygon",
            "flags": {},
            "mask": None,
        }
        for label, polygons in trace_polygons(labels).items()
        for polygon in polygons
    ]
    content = {
        "version": _VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": image,
        "imageData": None,
        "imageHeight": labels.shape[0],
        "imageWidth": labels.shape[1],
    }
    return (json.dumps(content, separators=(",", ":")) + "\n").encode()


def _joined(polygon: Polygon) -> NDArray[np.int64]:
    """Return one ring that goes round the outline and, on the way, round every hole."""
    outer, holes = polygon
    if not holes:
        return outer
    from scipy.spatial import cKDTree

    lengths = [len(hole) for hole in holes]
    found = cKDTree(outer).query(np.concatenate(holes))
    distance, nearest = np.asarray(found[0]), np.asarray(found[1])
    parts: list[NDArray[np.int64]] = []
    doors: list[tuple[int, int, int]] = []
    begin = 0
    for number, length in enumerate(lengths):
        corner = int(np.argmin(distance[begin : begin + length]))
        doors.append((int(nearest[begin + corner]), number, corner))
        begin += length
    done = 0
    for door, number, corner in sorted(doors):
        hole = np.roll(holes[number], -corner, axis=0)
        parts += [outer[done : door + 1], hole, hole[:1]]
        # The way on begins where the hole was left for.
        done = door
    return np.concatenate((*parts, outer[done:]))


def _labels(labels: NDArray[Any], target: Target) -> bytes:
    image, path = target.image, target.path
    name = f"{path.stem}.png" if image is None else _from(path.parent, image)
    return encode_labelme(labels, mask=target.mask, image=name, things=target.things)


def _from(folder: Path, image: str | os.PathLike[str]) -> str:
    try:
        return PurePath(os.path.relpath(image, folder)).as_posix()
    except ValueError:  # on another drive, which no relative path reaches
        return Path(image).absolute().as_posix()


FORMAT = Format(name="labelme", title="LabelMe", shared=(".json",), encode_labels=_labels)
