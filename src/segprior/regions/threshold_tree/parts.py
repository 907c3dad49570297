"""The parts of a mask: one for each hill of a height, merged over their saddles, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Parts", "part"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """The hills of a mask and what they merge to, N nodes, children before their parents.

    The first nodes are the L hills themselves. Numbers of hills are such that each node holds a
    range of them.

    Attributes
    ----------
    hills : ndarray of int32, shape (h, w)
        The hill of each pixel, 0 to L - 1; -1 outside of the mask.
    parent : ndarray of int64, shape (N,)
        The node that each is merged into; -1 for the connected pieces of the mask.
    first, stop : ndarray of int64, shape (N,)
        The hills of each node, the last not included.
    outer : ndarray of float64, shape (N,)
        How far its top is above the saddle to its sibling, or the sibling's, whichever is less;
        infinite for pieces.
    inner : ndarray of float64, shape (N,)
        The same of the two that it was merged from; 0 for hills.
    """

    hills: NDArray[np.int32]
    parent: NDArray[np.int64]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    outer: NDArray[np.float64]
    inner: NDArray[np.float64]


def part(height: NDArray[np.float32], mask: NDArray[np.bool_], least: float) -> Parts:
    """Divide a mask into hills, and merge these in the order of the saddles between them.

    Parameters
    ----------
    height : ndarray of float32, shape (h, w)
        Finite.
    mask : ndarray of bool, shape (h, w)
        Pixels are connected by their sides.
    least : float
        A hill whose top is less than this above the saddle to a higher one is part of that.

    Returns
    -------
    Parts

    References
    ----------
    .. [1] M. Grimaud, "A new measure of contrast: the dynamics", SPIE 1769, 1992,
       doi:10.1117/12.60650.
    """
    if not mask.any():
        nothing = np.zeros(0)
        none = nothing.astype(np.int64)
        hills = np.full(mask.shape, -1, np.int32)
        return Parts(hills=hills, parent=none, first=none, stop=none, outer=nothing, inner=nothing)
    found, top = _hills(height, mask)
    home, merges = _merged(*_saddles(found, height, len(top) - 1), top, least)
    return _numbered(found, home, merges)


def _hills(
    height: NDArray[np.float32], mask: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """From each pixel up the steepest way: the number of the top, from 1, and all tops' heights."""
    rows, columns = mask.shape
    width = columns + 2
    padded = np.full((rows + 2, width), -np.inf, np.float32)
    padded[1:-1, 1:-1] = np.where(mask, height, -np.inf)
    flat = padded.ravel()
    inside = np.flatnonzero(flat > -np.inf)
    best, best_height = inside.copy(), flat[inside]
    for step in (-width, -1, 1, width):
        beside = inside + step
        # Of equal ones the first is the higher, so that there is a way up from each pixel.
        higher = (flat[beside] > best_height) | ((flat[beside] == best_height) & (beside < best))
        best[higher], best_height[higher] = beside[higher], flat[beside[higher]]
    place = np.zeros(flat.size, np.int64)
    place[inside] = np.arange(len(inside))
    goal = place[best]
    while not np.array_equal(further := goal[goal], goal):
        goal = further
    tops = np.flatnonzero(goal == np.arange(len(goal)))
    number = np.zeros(len(goal), np.int32)
    number[tops] = np.arange(1, len(tops) + 1)
    found = np.zeros(flat.size, np.int32)
    found[inside] = number[goal]
    heights = np.concatenate([[-np.inf], flat[inside[tops]].astype(np.float64)])
    return found.reshape(padded.shape)[1:-1, 1:-1], heights


def _saddles(
    found: NDArray[np.int32], height: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Pairs of basins that touch and their highest pass, from the highest."""
    pairs, passes = [], []
    for here, there in (
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:, 1:], np.s_[:, :-1]),
    ):
        touching = (found[here] != found[there]) & (found[here] > 0) & (found[there] > 0)
        one, other = found[here][touching].astype(np.int64), found[there][touching]
        pairs.append(np.minimum(one, other) * (count + 1) + np.maximum(one, other))
        passes.append(np.minimum(height[here][touching], height[there][touching]))
    pair, level = np.concatenate(pairs), np.concatenate(passes)
    order = np.lexsort((-level, pair))
    pair, level = pair[order], level[order]
    first = np.ones(len(pair), bool)
    first[1:] = pair[1:] != pair[:-1]
    pair, level = pair[first], level[first]
    order = np.argsort(-level, kind="stable")
    one, other = np.divmod(pair[order], count + 1)
    return one, other, level[order]


def _merged(
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    level: NDArray[np.float32],
    top: NDArray[np.float64],
    least: float,
) -> tuple[NDArray[np.int64], list[tuple[int, int, float]]]:
    """For each basin the one that it is part of, and the merges of nodes, counted on from there."""
    count = len(top)
    leader, node = list(range(count)), list(range(count))
    home = np.arange(count)
    highest = top.tolist()
    merges: list[tuple[int, int, float]] = []

    def find(basin: int) -> int:
        while leader[basin] != basin:
            leader[basin] = leader[leader[basin]]
            basin = leader[basin]
        return basin

    for near, far, saddle in zip(one.tolist(), other.tolist(), level.tolist(), strict=True):
        high, low, beside = find(near), find(far), near
        if high == low:
            continue
        if highest[high] < highest[low]:
            high, low, beside = low, high, far
        above = highest[low] - saddle
        leader[low] = high
        if above < least and node[low] < count:
            home[node[low]] = beside
        else:
            merges.append((node[high], node[low], above))
            node[high] = count + len(merges) - 1
    while True:
        further = home[home]
        if np.array_equal(further, home):
            return home, merges
        home = further


def _numbered(
    found: NDArray[np.int32], home: NDArray[np.int64], merges: list[tuple[int, int, float]]
) -> Parts:
    """Number the hills depth first, and the merges after them."""
    leaves = np.flatnonzero(home == np.arange(len(home)))[1:]  # without the outside
    count, total = len(leaves), len(leaves) + len(merges)
    number = np.full(len(home) + len(merges), -1)
    number[leaves] = np.arange(count)
    number[len(home) :] = np.arange(count, total)
    parent = np.full(total, -1)
    outer, inner = np.full(total, np.inf), np.zeros(total)
    children: list[tuple[int, int]] = []
    for place, (high, low, above) in enumerate(merges):
        pair = int(number[high]), int(number[low])
        children.append(pair)
        parent[list(pair)] = count + place
        outer[list(pair)] = inner[count + place] = above
    turn = np.zeros(count, np.int64)
    seen = 0
    for piece in np.flatnonzero(parent < 0).tolist():
        waiting = [piece]
        while waiting:
            node = waiting.pop()
            if node < count:
                turn[node] = seen
                seen += 1
            else:
                waiting.extend(children[node - count])
    back = np.argsort(turn)
    first, stop = np.zeros(total, np.int64), np.zeros(total, np.int64)
    first[:count], stop[:count] = turn, turn + 1
    for place, (high_node, low_node) in enumerate(children, count):
        first[place] = min(first[high_node], first[low_node])
        stop[place] = max(stop[high_node], stop[low_node])
    hill = np.full(len(home), -1, np.int32)
    hill[leaves] = turn
    hills = hill[home[found]]
    # Hills are told by their turn from here on.
    order = np.concatenate([back, np.arange(count, total)])
    return Parts(
        hills=hills,
        parent=parent[order],
        first=first[order],
        stop=stop[order],
        outer=outer[order],
        inner=inner[order],
    )
