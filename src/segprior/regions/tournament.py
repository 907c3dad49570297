"""A tournament tree: the lowest of many numbers, found in no time while single ones change.

The numbers are the leaves of a binary tree, each node of which is the lower of its two children.
The lowest is at the root, and a number that changes is known to the nodes above it alone. The
functions are compiled, also into others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segprior.runtime.compilation import exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["lowest", "number_at", "put", "tournament"]


@exact
def tournament(count: int) -> NDArray[np.float64]:
    """Make a tree of numbers that are all infinite.

    Parameters
    ----------
    count : int
        How many numbers, at least 1.

    Returns
    -------
    ndarray of float64, shape (2 m,)
        m is the power of two from ``count`` up. The root is node 1, the children of node k are
        2 k and 2 k + 1, and number i is node m + i; those beyond ``count`` stay infinite.
    """
    leaves = 1
    while leaves < count:
        leaves *= 2
    return np.full(2 * leaves, np.inf)


@exact
def put(tree: NDArray[np.float64], i: int, number: float) -> None:
    """Set number i."""
    node = len(tree) // 2 + i
    tree[node] = number
    node //= 2
    while node > 0:
        tree[node] = min(tree[2 * node], tree[2 * node + 1])
        node //= 2


@exact
def number_at(tree: NDArray[np.float64], i: int) -> float:
    """Return number i."""
    return tree[len(tree) // 2 + i]  # type: ignore[no-any-return]


@exact
def lowest(tree: NDArray[np.float64]) -> int:
    """Return which number is the lowest, the first of equals."""
    leaves = len(tree) // 2
    node = 1
    while node < leaves:
        node *= 2
        if tree[node + 1] < tree[node]:
            node += 1
    return node - leaves
