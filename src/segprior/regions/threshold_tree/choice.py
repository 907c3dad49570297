"""The nodes of a tree that are worth most together, none of them in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.regions.threshold_tree.tree import ThresholdTree

__all__ = ["choose", "paint"]

_NOTHING, _ITSELF, _PARTS, _INNER = range(4)


def choose(tree: ThresholdTree, worth: NDArray[np.float64]) -> list[int]:
    """Choose nodes without a common pixel whose worth adds up to the most.

    A piece is taken as it is, or as the best of its parts, or as the best of the pieces that a
    higher threshold finds in it, or not at all.

    Parameters
    ----------
    tree : ThresholdTree
    worth : ndarray of float64, shape (N,)
        Of each node; what is not worth more than 0 is not taken.

    Returns
    -------
    list of int
        Nodes, in rising order.
    """
    count = len(tree)
    part_of, inside = tree.part_of.tolist(), tree.inside.tolist()
    of_parts, of_inner = [0.0] * count, [0.0] * count
    how = [_NOTHING] * count
    # From the highest threshold down, at each children before parents.
    own = worth.tolist()
    for node in np.argsort(-tree.step, kind="stable").tolist():
        ways = (0.0, own[node], of_parts[node], of_inner[node])
        best = max(ways)
        how[node] = ways.index(best)
        if part_of[node] >= 0:
            of_parts[part_of[node]] += best
        elif inside[node] >= 0:
            of_inner[inside[node]] += best
    # Parents before children, so that what each is to be is known when its turn comes.
    wanted = [part_of[node] < 0 and inside[node] < 0 for node in range(count)]
    chosen = []
    for node in _down(tree):
        above, way = (part_of[node], _PARTS) if part_of[node] >= 0 else (inside[node], _INNER)
        if above >= 0:
            wanted[node] = wanted[above] and how[above] == way
        if wanted[node] and how[node] == _ITSELF:
            chosen.append(node)
    return sorted(chosen)


def paint(tree: ThresholdTree, chosen: list[int]) -> NDArray[np.int32]:
    """Number the pixels of nodes without a common pixel, from 1; 0 is what is in none."""
    labels = np.zeros(tree.shape[0] * tree.shape[1], np.int32)
    for number, node in enumerate(chosen, 1):
        labels[tree.of(node)] = number
    return labels.reshape(tree.shape)


def _down(tree: ThresholdTree) -> list[int]:
    """Nodes from the lowest threshold up, at each parents before children."""
    order: list[int] = np.lexsort((-np.arange(len(tree)), tree.step)).tolist()
    return order
