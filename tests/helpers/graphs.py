"""Random graphs of regions."""

from __future__ import annotations

import numpy as np

from segprior.regions.adjacency import Content, Pairs


def random_pairs(seed: int, count: int, levels: int = 1000) -> Pairs:
    """A connected graph; strengths and lengths are whole numbers, whose sums are exact."""
    random = np.random.default_rng(seed)
    near = np.triu(random.random((count, count)) < 3 / count, 1)
    near[random.integers(0, np.arange(1, count)), np.arange(1, count)] = True
    first, second = np.nonzero(near)
    lengths = random.integers(1, 5, len(first)).astype(float)
    return Pairs(first, second, lengths * random.integers(1, levels + 1, len(first)), lengths)


def random_content(seed: int, count: int) -> Content:
    random = np.random.default_rng(seed)
    areas = random.integers(1, 50, count).astype(float)
    histograms = random.multinomial(areas.astype(int), [0.5, 0.3, 0.2, 0.0]).astype(float)
    return Content(areas, histograms, histograms @ random.dirichlet(np.ones(4), 4))
