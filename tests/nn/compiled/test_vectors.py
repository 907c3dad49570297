from __future__ import annotations

import numpy as np
import pytest

from segprior.nn.compiled import vectors
from segprior.runtime.compilation import jit

# Numba compiles once for all tests of one process.
pytestmark = pytest.mark.xdist_group("compiled")


def test_vectors_are_loaded_computed_with_and_stored() -> None:
    @jit
    def turned(x, y, k):  # type: ignore[no-untyped-def]
        at, to = vectors.address(x), vectors.address(y)
        even = vectors.evens(vectors.load(at), vectors.load(at + 32))
        odd = vectors.odds(vectors.load(at), vectors.load(at + 32))
        found = vectors.spread(k) * even + odd
        vectors.store(to, vectors.first_pairs(found, odd - even))
        vectors.store(to + 32, vectors.last_pairs(found, odd - even))

    x = np.arange(16, dtype=np.float32)
    y = np.empty(16, np.float32)
    turned(x, y, np.float32(2))
    np.testing.assert_array_equal(y[::2], 2 * x[::2] + x[1::2])
    np.testing.assert_array_equal(y[1::2], np.ones(8))
