"""GeoJSON: one feature per label, its outline along the edges of the pixels."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.io.format import Format
from segprior.io.shared.label_names import label_name
from segprior.io.shared.polygons import Polygon, trace_polygons

__all__ = ["FORMAT", "encode_geojson"]


def encode_geojson(labels: NDArray[Any], *, mask: bool, things: bool = False) -> bytes:
    """Return a GeoJSON file of the polygons of a mask or label map.

    A FeatureCollection with one MultiPolygon for each label but 0, holes kept. Coordinates are
    those of the picture, [column, row] in pixels, where [0, 0] is the upper left corner of the
    upper left pixel: rows count downwards, so that a map program without a picture below shows it
    upside down. Outer rings go counterclockwise when they are read as x and y upwards, as RFC 7946
    asks. Filling the polygons gives back the labels exactly. Properties of a feature are `label`,
    `name` and `area`, in pixels; the file's `segmentation` has `kind`, `rows` and `columns`.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        Labels from 0; 0 is background and has no feature.
    mask : bool
        Whether it is a mask.
    things : bool
        Whether each label is one thing, all of a kind.

    References
    ----------
    H. Butler et al.: The GeoJSON format. RFC 7946, 2016. doi:10.17487/RFC7946
    """
    rows, columns = labels.shape
    kind = "mask" if mask else "instances" if things else "labels"
    about = {"kind": kind, "rows": rows, "columns": columns}
    features = ",\n".join(
        f'{{"type":"Feature","id":{label},"properties":'
        f"{json.dumps(_properties(label, polygons, label_name(label, mask=mask, things=things)))},"
        f'"geometry":{{"type":"MultiPolygon","coordinates":{_coordinates(polygons)}}}}}'
        for label, polygons in trace_polygons(labels).items()
    )
    return (
        f'{{"type":"FeatureCollection","segmentation":{json.dumps(about)},'
        f'"features":[\n{features}\n]}}\n'
    ).encode()


def _properties(label: int, polygons: Iterable[Polygon], name: str) -> dict[str, Any]:
    area = sum(_area(ring) for polygon in polygons for ring in (polygon.outer, *polygon.holes))
    return {"label": label, "name": name, "area": area}


def _area(ring: NDArray[np.int64]) -> int:
    following = np.roll(ring, -1, axis=0)
    return int((ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]).sum()) // 2


def _coordinates(polygons: Iterable[Polygon]) -> str:
    content = [
        [[*(points := ring.tolist()), points[0]] for ring in (polygon.outer, *polygon.holes)]
        for polygon in polygons
    ]
    return json.dumps(content, separators=(",", ":"))


FORMAT = Format(
    name="geojson",
    title="GeoJSON",
    suffixes=(".geojson",),
    shared=(".json",),
    encode_labels=lambda labels, target: encode_geojson(
        labels, mask=target.mask, things=target.things
    ),
)
