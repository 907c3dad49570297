from __future__ import annotations

import numpy as np
import pytest

from segprior.nn.clustering.compiled import CompiledFixed, CompiledNetwork
from segprior.nn.clustering.engine import make_engine, make_fixed
from segprior.nn.clustering.torch_network import TorchFixed, TorchNetwork
from segprior.nn.clustering.weights import draw_weights
from segprior.runtime import loops

IMAGE = np.random.default_rng(0).random((10, 12, 3), np.float32)


@pytest.mark.parametrize("there", [True, False])
def test_a_cpu_takes_the_loops_where_there_are_any(
    there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "are_there", lambda: there)
    engine = make_engine(IMAGE, 8, 2, "cpu")
    fixed = make_fixed(draw_weights(3, 8, 2, "normal", 0), IMAGE, "cpu")
    assert type(engine) is (CompiledNetwork if there else TorchNetwork)
    assert type(fixed) is (CompiledFixed if there else TorchFixed)
