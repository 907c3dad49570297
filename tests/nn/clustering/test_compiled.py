"""The compiled loops against PyTorch in double precision."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segprior.nn.clustering.compiled import CompiledFixed, CompiledNetwork
from segprior.nn.clustering.torch_network import TorchNetwork
from segprior.nn.clustering.weights import Weights, draw_weights

CASES = [
    (12, 17, 3, 8, 1, 0.0),
    (13, 18, 1, 11, 2, 0.3),
    (40, 33, 5, 100, 3, 0.0),
    (9, 30, 2, 24, 2, 1.0),
    (8, 8, 3, 2, 2, 0.5),
    (70, 150, 3, 16, 2, 0.1),
]


def drawn(bands: int, channels: int, blocks: int) -> Weights:
    rng = np.random.default_rng(0)
    weights = draw_weights(bands, channels, blocks, "uniform", 3)
    for gain in weights.gains:
        gain *= rng.uniform(0.5, 1.5, channels).astype(np.float32)
    for shift in (*weights.shifts, weights.head_shift):
        shift += rng.normal(size=channels).astype(np.float32)
    return weights


def doubled(weights: Weights) -> Any:
    lists: Any = [[array.astype(np.float64) for array in part] for part in weights[:4]]
    head: Any = [array.astype(np.float64) for array in weights.flat()[-3:]]
    return Weights(*lists, *head)


def picture(rows: int, columns: int, bands: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).random((rows, columns, bands), np.float32)


@pytest.mark.parametrize(("rows", "columns", "bands", "channels", "blocks", "continuity"), CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_response_loss_and_gradients(
    rows: int,
    columns: int,
    bands: int,
    channels: int,
    blocks: int,
    continuity: float,
    weighted: bool,
) -> None:
    image, weights = picture(rows, columns, bands), drawn(bands, channels, blocks)
    ours = CompiledNetwork(image, channels, blocks)
    theirs = TorchNetwork(image.astype(np.float64), torch.device("cpu"))
    labels, expected = ours.forward(weights), theirs.forward(doubled(weights))
    assert (labels == expected).mean() > 0.99
    np.testing.assert_allclose(ours.response(), theirs.response(), atol=2e-4)
    rng = np.random.default_rng(2)
    target = rng.integers(0, channels, (rows, columns))
    shares = rng.random((rows, columns), np.float32) if weighted else None
    loss, gradients = ours.learn(target, shares, continuity)
    wide = None if shares is None else shares.astype(np.float64)
    exact, slopes = theirs.learn(target, wide, continuity)  # type: ignore[arg-type]
    assert loss == pytest.approx(exact, rel=1e-5)
    least = 1e-3 * max(np.abs(slope).max() for slope in slopes.flat())
    for found, slope in zip(gradients.flat(), slopes.flat(), strict=True):
        assert found.dtype == np.float32
        assert found.shape == slope.shape
        assert np.abs(found - slope).max() < 1e-3 * max(np.abs(slope).max(), least)


PROGRAM = """
import sys
import numpy as np
from segprior.nn.clustering.compiled import CompiledNetwork
from segprior.nn.clustering.weights import draw_weights
image = np.random.default_rng(1).random((45, 61, 3), np.float32)
network = CompiledNetwork(image, 20, 2)
labels = network.forward(draw_weights(3, 20, 2, "normal", 3))
response = network.response()
loss, gradients = network.learn(labels, None, 0.2)
assert "torch" not in sys.modules
flat = np.concatenate([response.ravel(), *(g.ravel() for g in gradients.flat())])
sys.stdout.buffer.write(flat.astype("<f4").tobytes())
"""


def run(**environment: str) -> NDArray[np.float32]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        check=False,
    )
    if b"this processor has no" in done.stderr:
        pytest.skip(done.stderr.decode().strip().splitlines()[-1])
    assert not done.returncode, done.stderr.decode()
    return np.frombuffer(done.stdout, "<f4")


def test_same_bytes_on_any_number_of_threads() -> None:
    one = run(OMP_NUM_THREADS="1")
    for threads in ("2", "5"):
        np.testing.assert_array_equal(run(OMP_NUM_THREADS=threads), one)


@pytest.mark.parametrize("wanted", ["base", "avx2"])
def test_instruction_sets_agree_within_rounding(wanted: str) -> None:
    np.testing.assert_allclose(run(SEGPRIOR_LOOPS=wanted), run(), atol=2e-4)


def test_the_fixed_network_gives_what_the_fitted_one_does() -> None:
    image, weights = picture(40, 50, 3), drawn(3, 12, 2)
    whole = CompiledNetwork(image, 12, 2)
    whole.forward(weights)
    fixed = CompiledFixed(weights, image)
    np.testing.assert_allclose(fixed(image), whole.response(), atol=1e-5)
    part = fixed(image[10:30, 5:45])
    inner = slice(fixed.reach, -fixed.reach)
    expected = whole.response()[10:30, 5:45]
    np.testing.assert_allclose(part[inner, inner], expected[inner, inner], atol=1e-4)
