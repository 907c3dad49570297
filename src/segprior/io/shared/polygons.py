"""From label maps to polygons along the edges of the pixels, exactly."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Polygon", "trace_polygons"]

Ring = NDArray[np.int64]


class Polygon(NamedTuple):
    """The outline of one connected piece of a label.

    Attributes
    ----------
    outer : ndarray of int64, shape (n, 2)
        Corners as (column, row), not closed: the first is not repeated. The piece lies to the
        right of the way as seen on the screen, where rows count downwards; read as x and y with
        y upwards, as GeoJSON readers do, that is counterclockwise.
    holes : list of ndarray of int64, shape (m, 2)
        The same for its holes, which go round the other way.
    """

    outer: Ring
    holes: list[Ring]


class _Runs(NamedTuple):
    """Straight lines of the outlines, all of them across or all of them down."""

    piece: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    forward: NDArray[np.bool_]


def trace_polygons(labels: NDArray[Any]) -> dict[int, list[Polygon]]:
    """Trace the outlines of all labels but 0.

    Coordinates are (column, row) of the edges of pixels, whole numbers from 0 to the width and to
    the height: pixel (row, column) is the square from (column, row) to (column + 1, row + 1).
    Filling the polygons, by either rule, gives back every label of every pixel.

    Pixels are connected through their sides. Where two pixels touch at a corner only, they are
    two polygons, or, if connected elsewhere, a polygon touched by its hole: every ring passes a
    point once, and the polygons of a label are a valid multi-polygon by OGC's rules.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        Labels from 0; 0 is background and has no outline of its own.

    Returns
    -------
    dict of int to list of Polygon
        By label in rising order, for each its pieces in the order of their first pixel.
    """
    from skimage.measure import label as connected

    labels = np.asarray(labels)
    if not np.any(labels):
        return {}
    pieces = np.asarray(connected(labels, background=0, connectivity=1), np.int64)
    first = np.full(int(pieces.max()) + 1, -1, np.int64)
    flat = pieces.ravel()
    found = np.flatnonzero(np.append(True, flat[1:] != flat[:-1]))[::-1]
    first[flat[found]] = found  # the last assignment stays, which is the first pixel
    polygons: list[list[Ring]] = [[] for _ in first]
    for piece, ring in _rings(np.pad(pieces, 1)):
        polygons[piece].append(ring)
    result: dict[int, list[Polygon]] = {}
    # The outer ring goes through the topmost row of its piece, and so it was found first.
    order = 1 + np.argsort(first[1:], kind="stable")
    names = labels.ravel()[first[order]].tolist()
    for piece, name in zip(order.tolist(), names, strict=True):
        outer, *holes = polygons[piece]
        result.setdefault(int(name), []).append(Polygon(outer, holes))
    return dict(sorted(result.items()))


def _rings(padded: NDArray[np.int64]) -> list[tuple[int, Ring]]:
    """Return all rings with their piece; of each piece, the one with the topmost edge first."""
    width = padded.shape[1] - 1  # points per row: those between the padded pixels
    across = _across(padded, width)
    down = _down(padded, width)
    # At a point where two pixels of a piece touch at the corner, two lines begin. Taking the
    # left turn there separates holes from what is around them.
    follow = np.concatenate(
        (
            len(across.piece) + _turn(across, down, left_is_forward=False),
            _turn(down, across, left_is_forward=True),
        )
    ).tolist()
    starts = np.concatenate((across.start, down.start))
    points = np.stack((starts % width, starts // width), axis=1)
    rows = points[: len(across.piece), 1]
    open_ = [True] * len(across.piece)
    result = []
    walked: list[int] = []
    lengths: list[int] = []
    owners: list[int] = []
    owner = across.piece.tolist()
    count = len(open_)
    for begin in np.argsort(rows, kind="stable").tolist():
        if not open_[begin]:
            continue
        before = len(walked)
        place = begin
        while True:
            walked.append(place)
            if place < count:
                open_[place] = False
            place = follow[place]
            if place == begin:
                break
        lengths.append(len(walked) - before)
        owners.append(owner[begin])
    corners = points[np.array(walked, np.int64)]
    ends = np.cumsum(lengths)
    for piece, stop, length in zip(owners, ends.tolist(), lengths, strict=True):
        result.append((piece, corners[stop - length : stop]))
    return result


def _across(padded: NDArray[np.int64], width: int) -> _Runs:
    """Upper edges from left to right, lower edges from right to left."""
    upper, lower = padded[:-1], padded[1:]
    differ = upper != lower
    parts = []
    for piece, forward in ((lower, True), (upper, False)):
        row, begin, end = _runs(differ & (piece != 0), piece)
        # A point has the row and column of the padded pixel below it and to its right, less one.
        points = (row * width + begin - 1, row * width + end - 1)
        start, stop = points if forward else points[::-1]
        parts.append((piece[row, begin], start, stop, np.full(len(row), forward)))
    return _Runs(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _down(padded: NDArray[np.int64], width: int) -> _Runs:
    """Right edges downwards, left edges upwards."""
    before, after = padded.T[:-1], padded.T[1:]
    differ = before != after
    parts = []
    for piece, forward in ((before, True), (after, False)):
        column, begin, end = _runs(differ & (piece != 0), piece)
        points = ((begin - 1) * width + column, (end - 1) * width + column)
        start, stop = points if forward else points[::-1]
        parts.append((piece[column, begin], start, stop, np.full(len(column), forward)))
    return _Runs(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _runs(edge: NDArray[np.bool_], piece: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Return line, begin and end of the stretches of edges that belong to one piece."""
    edge, piece = np.ascontiguousarray(edge), np.ascontiguousarray(piece)
    same = edge[:, 1:] & edge[:, :-1] & (piece[:, 1:] == piece[:, :-1])
    begins = edge.copy()
    begins[:, 1:] &= ~same
    ends = edge.copy()
    ends[:, :-1] &= ~same
    line, begin = np.nonzero(begins)
    return line, begin, np.nonzero(ends)[1] + 1


def _turn(runs: _Runs, others: _Runs, *, left_is_forward: bool) -> NDArray[np.int64]:
    """Return for each run which of the others goes on from its end."""
    size = int(max(others.start.max(), runs.end.max())) + 1
    keys = (others.piece * size + others.start) * 2 + others.forward
    order = np.argsort(keys)
    keys = keys[order]
    point = (runs.piece * size + runs.end) * 2
    left = runs.forward == left_is_forward
    wanted = point + left
    found = np.searchsorted(keys, wanted)
    found[found == len(keys)] = 0
    missed = keys[found] != wanted
    found[missed] = np.searchsorted(keys, (point + ~left)[missed])
    result: NDArray[np.int64] = order[found]
    return result
