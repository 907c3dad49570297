"""COCO's JSON with run-length encoded masks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.io.format import Format, Target
from segprior.io.shared.label_names import label_name
from segprior.io.shared.region_table import region_table

__all__ = ["FORMAT", "encode_coco", "run_lengths"]


def encode_coco(labels: NDArray[Any], *, mask: bool, image: str, things: bool = False) -> bytes:
    """Return a COCO file with one image and one annotation per label.

    The masks are compressed run lengths, byte for byte those of pycocotools, which reads the file:
    ``COCO(path)``, then ``annToMask``. The label is the `id` of the annotation, and also its
    `category_id`, which is 1 for all things; `bbox` is [column, row, width, height]. `iscrowd` is
    0, because scoring ignores objects that have it set.

    Parameters
    ----------
    labels, mask
        As for :func:`segprior.io.formats.geojson.encode_geojson`.
    image : str
        File name of the image.
    things : bool
        Whether each label is one thing, all of a kind.

    References
    ----------
    T.-Y. Lin et al.: Microsoft COCO: common objects in context. ECCV 2014. arXiv:1405.0312
    """
    rows, columns = labels.shape
    table = region_table(labels)
    names = ("label", "area", "row_start", "column_start", "row_stop", "column_stop")
    facts = zip(*(table[name].tolist() for name in names), strict=True)
    annotations = [
        {
            "id": label,
            "image_id": 1,
            "category_id": 1 if things else label,
            "segmentation": {"size": [rows, columns], "counts": _compressed(counts)},
            "area": area,
            "bbox": [left, top, right - left, bottom - top],
            "iscrowd": 0,
        }
        for (label, area, top, left, bottom, right), (_, counts) in zip(
            facts, run_lengths(labels), strict=True
        )
    ]
    kinds = [1] if things else table["label"].tolist()
    content = {
        "info": {"description": "made by segprior"},
        "images": [{"id": 1, "file_name": image, "height": rows, "width": columns}],
        "categories": [
            {"id": kind, "name": label_name(kind, mask=mask, things=things)} for kind in kinds
        ],
        "annotations": annotations,
    }
    return (json.dumps(content) + "\n").encode()


def run_lengths(labels: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Count the pixels outside and inside each label in turn, column after column.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)

    Yields
    ------
    label : int
        All but 0, in rising order.
    counts : ndarray of int64, shape (n,)
        Pixels outside, inside, outside, …; the first may be 0, and the sum is H · W, as in COCO's
        uncompressed run lengths.
    """
    flat = labels.ravel(order="F")
    starts = np.flatnonzero(np.append(True, flat[1:] != flat[:-1]))
    stops = np.append(starts[1:], flat.size)
    owner = flat[starts]
    order = np.argsort(owner, kind="stable")
    owner, starts, stops = owner[order], starts[order], stops[order]
    found, begins = np.unique(owner, return_index=True)
    ends = np.append(begins[1:], len(owner))
    for label, begin, end in zip(found.tolist(), begins.tolist(), ends.tolist(), strict=True):
        if label == 0:
            continue
        bounds = np.stack((starts[begin:end], stops[begin:end]), axis=1).ravel()
        counts = np.diff(bounds, prepend=0)
        rest = flat.size - int(bounds[-1])
        yield int(label), np.append(counts, rest) if rest else counts


def _compressed(counts: NDArray[np.int64]) -> str:
    """Write counts in COCO's text: from the fourth on less the last but one; 5 bits a letter."""
    left = counts.copy()
    left[3:] -= counts[1:-2]
    letters = []
    place = np.arange(len(left))
    position = 0
    while len(place):
        low = left & 31
        left = left >> 5
        # The highest of the five bits is the sign, so a positive number may need one letter more.
        more = np.where(low & 16, left != -1, left != 0)
        letters.append((place, position, 48 + low + 32 * more))
        place, left, position = place[more], left[more], position + 1
    table = np.zeros((len(counts), position), np.uint8)
    for where, column, letter in letters:
        table[where, column] = letter
    text: bytes = table[table != 0].tobytes()
    return text.decode("ascii")


def _labels(labels: NDArray[Any], target: Target) -> bytes:
    image = target.image
    name = f"{target.path.stem}.png" if image is None else PurePath(image).name
    return encode_coco(labels, mask=target.mask, image=name, things=target.things)


FORMAT = Format(name="coco", title="COCO", shared=(".json",), encode_labels=_labels)
