"""The GrabCut of native/src/grabcut.cpp in NumPy and SciPy, for want of compiled loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cheapest", "cut"]

_GAUSSIANS = 5
_ROUNDS = 10  # of K-means
_SMOOTHNESS = 50.0  # gamma of the paper
# A pixel whose colours speak as clearly as this cannot be overruled by its neighbours.
_CERTAIN = 9 * _SMOOTHNESS
# Capacities are whole numbers of 1/1024.
_UNIT = np.float32(1024)
# Added to the variances: rounding to 8 bits and one colour alone would leave next to none.
_VARIANCE = 0.01


def cut(
    picture: NDArray[np.uint8],
    guess: NDArray[np.bool_],
    seed: int,
    iterations: int,
    ground: NDArray[np.bool_] | None,
) -> NDArray[np.bool_]:
    """Do as :func:`segprior.regions.grabcut.cut`, whose parameters these are."""
    colours, found = picture.reshape(-1, 3).astype(np.float32), guess.ravel()
    links = _links(picture)
    parts = np.zeros((2, len(found)), np.intp)
    for side in (0, 1):
        parts[side, found == side] = _divide(colours[found == side], seed)
    for k in range(iterations + 1):
        if min(int(found.sum()), int((~found).sum())) < _GAUSSIANS:
            break
        logs = []
        for side in (0, 1):
            here = found == side
            densities = _densities(colours, colours[here], parts[side, here])
            parts[side] = densities.argmax(1)
            highest = densities.max(1)
            logs.append(highest + np.log(np.exp(densities - highest[:, None]).sum(1)))
        if k == 0:  # K-means has told which Gaussian a pixel belongs to, now they do
            continue
        excess = np.clip(logs[1] - logs[0], -_CERTAIN, _CERTAIN)
        if ground is not None:
            excess[ground.ravel()] = -_CERTAIN
        found = cheapest(links, (excess.astype(np.float32) * _UNIT).astype(np.int32))
    return found.reshape(guess.shape)


class _Random:
    """SplitMix64, as the compiled loop draws."""

    def __init__(self, seed: int) -> None:
        self._state = seed % 2**64

    def __call__(self) -> float:
        self._state = (self._state + 0x9E3779B97F4A7C15) % 2**64
        z = self._state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        return float((z ^ z >> 31) >> 11) * 2.0**-53


def _divide(colours: NDArray[np.float32], seed: int) -> NDArray[np.intp]:
    """Which of five clusters of K-means each colour, (n, 3), is in."""
    draw = _Random(seed)
    centres = np.empty((_GAUSSIANS, 3), np.float32)
    centres[0] = colours[int(draw() * len(colours))]
    squares = np.full(len(colours), np.inf)
    for k in range(1, _GAUSSIANS):
        squares = np.minimum(squares, ((colours - centres[k - 1]) ** 2).sum(1))
        sums = np.cumsum(squares)
        place = int(np.searchsorted(sums, int(draw() * float(sums[-1])), "right"))
        centres[k] = colours[min(place, len(colours) - 1)]
    nearest = np.zeros(len(colours), np.intp)
    for _ in range(_ROUNDS + 1):
        nearest = np.stack([((colours - centre) ** 2).sum(1) for centre in centres]).argmin(0)
        for k in np.unique(nearest).tolist():
            centres[k] = colours[nearest == k].mean(0, np.float64)
    return nearest


def _densities(
    colours: NDArray[np.float32], known: NDArray[np.float32], parts: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Logarithms (n, 5) of the weighted densities of Gaussians learnt from some colours."""
    logs = np.full((len(colours), _GAUSSIANS), -1e30)
    for k in np.unique(parts).tolist():
        of = known[parts == k].astype(np.float64)
        covariance = np.cov(of.T, bias=True) + _VARIANCE * np.eye(3)
        factor = np.linalg.cholesky(covariance)
        apart = np.linalg.solve(factor, (colours - of.mean(0)).T)
        weight = np.log(len(of) / len(known)) - np.log(np.diag(factor)).sum()
        logs[:, k] = weight - 0.5 * (apart**2).sum(0)
    return logs


def _links(picture: NDArray[np.uint8]) -> tuple[Any, Any, Any]:
    """Pixels next to each other and the costs to cut between them, high where they are alike."""
    places = np.arange(picture.shape[0] * picture.shape[1]).reshape(picture.shape[:2])
    wide = picture.astype(np.int64)
    near = (
        (np.s_[:, :-1], np.s_[:, 1:], 1.0),
        (np.s_[:-1], np.s_[1:], 1.0),
        (np.s_[:-1, :-1], np.s_[1:, 1:], 0.5),
        (np.s_[:-1, 1:], np.s_[1:, :-1], 0.5),
    )
    one = np.concatenate([places[a].ravel() for a, _, _ in near])
    other = np.concatenate([places[b].ravel() for _, b, _ in near])
    apart = np.concatenate([((wide[a] - wide[b]) ** 2).sum(-1).ravel() for a, b, _ in near])
    share = np.concatenate([np.full(places[a].size, share) for a, _, share in near])
    steepness = 0.5 * len(apart) / apart.sum() if apart.any() else 0.0
    costs = _SMOOTHNESS * np.sqrt(share) * np.exp(-steepness * apart)
    return one, other, (costs * _UNIT).astype(np.int32)


def cheapest(links: tuple[Any, Any, Any], excess: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which pixels are on the side of the source when the graph is cut at the least cost."""
    from scipy import sparse
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    one, other, costs = links
    count = len(excess)
    source, sink, places = count, count + 1, np.arange(count)
    kept, given, taken = costs > 0, excess > 0, excess < 0
    rows = (one[kept], other[kept], np.full(int(given.sum()), source), places[taken])
    columns = (other[kept], one[kept], places[given], np.full(int(taken.sum()), sink))
    capacities = np.concatenate([costs[kept], costs[kept], excess[given], -excess[taken]])
    where = np.concatenate(rows), np.concatenate(columns)
    graph = sparse.csr_array((capacities, where), shape=(count + 2, count + 2), dtype=np.int32)
    left = sparse.csr_array(graph - maximum_flow(graph, source, sink).flow)
    left.eliminate_zeros()
    found = np.zeros(count + 2, bool)
    found[breadth_first_order(left, source, return_predecessors=False)] = True
    return found[:count]
