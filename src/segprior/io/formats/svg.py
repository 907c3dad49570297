"""SVG out: one path per label, for browsers and vector editors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.image.palette import label_colours
from segprior.io.format import Format, Target
from segprior.io.shared.label_names import label_name
from segprior.io.shared.polygons import trace_polygons

__all__ = ["FORMAT"]


def _encode(labels: NDArray[Any], target: Target) -> bytes:
    """Outline every label but 0 along the edges of the pixels, one user unit to a pixel.

    Holes are left open by the even-odd rule, and where there is no label nothing is drawn, so
    that the picture can be laid over the image.
    """
    rows, columns = target.shape
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{columns}" height="{rows}" '
        f'viewBox="0 0 {columns} {rows}" shape-rendering="crispEdges">'
    ]
    for label, polygons in trace_polygons(labels).items():
        red, green, blue = label_colours(np.array([label])).ravel().tolist()
        name = label_name(label, mask=target.mask)
        rings = (ring for polygon in polygons for ring in (polygon.outer, *polygon.holes))
        lines.append(
            f'<path id="{name.replace(" ", "-")}" fill="#{red:02x}{green:02x}{blue:02x}" '
            f'fill-rule="evenodd" d="{"".join(map(_path, rings))}"><title>{name}</title></path>'
        )
    return "\n".join([*lines, "</svg>\n"]).encode()


def _path(ring: NDArray[np.int64]) -> str:
    """Go round a ring, whose edges lead across and down in turn; the last is drawn by ``z``."""
    if ring[0, 0] == ring[1, 0]:
        ring = np.roll(ring, -1, axis=0)
    (column, row), *corners = ring.tolist()
    steps = (f"V{y}" if index % 2 else f"H{x}" for index, (x, y) in enumerate(corners))
    return f"M{column} {row}{''.join(steps)}z"


FORMAT = Format(name="svg", title="SVG", suffixes=(".svg",), encode_labels=_encode)
