"""The compiled loops give what the network gives."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.nn.compiled import conv, matmul, pointwise, row_ops, upconv, vectors
from segprior.nn.compiled.engine import CompiledEngine
from segprior.nn.compiled.generator import CompiledGenerator
from segprior.nn.shared.bilinear import squares
from segprior.nn.shared.initial import BLOCKS
from segprior.nn.torch.engine import TorchEngine
from segprior.nn.torch.generator import Generator
from segprior.prior.training import fit_members
from segprior.runtime.compilation import jit

# Numba compiles once for all tests of one process.
pytestmark = pytest.mark.xdist_group("compiled")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def weights_of(network: Generator) -> dict[str, NDArray[np.float32]]:
    return {name: weight.detach().numpy() for name, weight in network.named_parameters()}


@pytest.mark.parametrize(
    ("height", "width", "channels"),
    [(64, 72, 3), (104, 64, 1), (72, 296, 2), (64, 64, 20), (16, 16, 3), (24, 40, 1)],
)
def test_loss_gradients_and_features_are_those_of_the_network(
    height: int, width: int, channels: int
) -> None:
    network = Generator([3], channels, 2)
    source = torch.Generator().manual_seed(1)
    target = torch.rand(1, channels, height, width, generator=source)
    noise = network.noise(height, width, 0.01)
    quick = CompiledGenerator(weights_of(network), height, width)
    rows_first = [np.ascontiguousarray(x[0].permute(1, 0, 2).numpy()) for x in (noise, target)]
    output = quick.forward(rows_first[0])
    by_output = np.empty_like(output)
    loss = pointwise.absolute_error(by_output, output, rows_first[1])
    output, features = output.copy(), {name: quick.features(name) for name in BLOCKS}
    gradients = quick.backward(by_output)

    exact = network.double()
    expected, blocks = exact(noise.double())
    error = (expected - target).abs().mean()
    weights = dict(exact.named_parameters())
    slopes = torch.autograd.grad(error, list(weights.values()))
    assert loss == pytest.approx(error.item(), rel=1e-6)
    np.testing.assert_allclose(output, expected[0].permute(1, 0, 2).detach(), atol=3e-6)
    for name in BLOCKS:
        np.testing.assert_allclose(
            features[name], blocks[name][0].permute(1, 2, 0).detach(), atol=5e-5
        )
    assert set(gradients) == set(weights)
    for name, slope in zip(weights, slopes, strict=True):
        # A gain that another normalisation follows has no gradient, but for its epsilon.
        least = 1e-3 * float(max(s.abs().max() for s in slopes))
        scale = max(float(slope.abs().max()), least)
        assert gradients[name].shape == slope.shape
        assert np.abs(gradients[name] - slope.numpy()).max() < 2e-4 * scale, name


def picture(height: int, width: int, channels: int = 3) -> NDArray[np.float32]:
    return np.random.default_rng(2).random((height, width, channels), np.float32)


def test_the_same_bytes_each_time() -> None:
    def fitted() -> bytes:
        engine = CompiledEngine(picture(64, 80), 5, PriorConfig())
        for _ in range(4):
            engine.forward()
            engine.update()
        engine.forward()
        return engine.output(0).tobytes() + engine.features("up2", 0).tobytes()

    assert fitted() == fitted()


@pytest.mark.parametrize("noise_seed", [None, 8])
def test_it_follows_the_other_engine(noise_seed: int | None) -> None:
    config = PriorConfig()
    target = picture(64, 80)
    engines = (
        CompiledEngine(target, 5, config, noise_seed),
        TorchEngine(target, [5], config, "cpu", noise_seed),
    )
    losses: list[list[float]] = []
    for engine in engines:
        losses.append([])
        for _ in range(5):
            losses[-1] += engine.forward()
            engine.update()
    # Adam turns gradients that are all rounding into whole steps, so outputs drift apart.
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)
    assert losses[0][4] < losses[0][0]


def test_a_member_is_the_same_on_one_thread_and_on_two() -> None:
    config = PriorConfig(iterations=4, features=(("up1", 4),))

    def fitted(threads: int) -> list[bytes]:
        torch.set_num_threads(threads)
        runs = fit_members(picture(64, 72), [1, 2, 3], config, "cpu")
        return [run.output.tobytes() + run.features["up1", 4].tobytes() for run in runs]

    assert fitted(1) == fitted(2)


@pytest.mark.parametrize("columns", [8, 16, 24, 40, 72])
def test_mix_is_a_matrix_product(columns: int) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(12, 10)).astype(np.float32)
    pixels = rng.normal(size=(10, columns + 3)).astype(np.float32)
    packed = np.ascontiguousarray(matrix.reshape(3, 4, 10).transpose(0, 2, 1))
    result = np.full((12, columns + 5), np.nan, np.float32)
    matmul.mix(result.ctypes.data, columns + 5, packed, pixels.ctypes.data, columns + 3, columns)
    np.testing.assert_allclose(result[:, :columns], matrix @ pixels[:, :columns], atol=1e-5)
    assert np.isnan(result[:, columns:]).all()


def test_dots_are_added_up() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(8, 40)).astype(np.float32), rng.normal(size=(6, 40)).astype(np.float32)
    total = np.ones((8, 6), np.float32)
    matmul.add_dots(total, a.ctypes.data, 40, b.ctypes.data, 40, 32)
    np.testing.assert_allclose(total, 1 + a[:, :32] @ b[:, :32].T, atol=1e-5)


def test_moments_of_rows_far_from_zero() -> None:
    z = np.random.default_rng(0).normal(1000, 1, (30, 2, 40)).astype(np.float32)
    total = np.zeros((3, 2))
    for row in range(len(z)):
        row_ops.add_moments(total, z[row], 0, 40, row)
    apart, squares = total[:2] / (30 * 40)
    np.testing.assert_allclose(total[2] + apart, z.mean((0, 2), dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(squares - apart**2, z.var((0, 2), dtype=np.float64), rtol=1e-5)


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


def test_exponential() -> None:
    x = np.linspace(-30, 30, 1001, dtype=np.float32)
    found = np.array([row_ops.exponential(value) for value in x])
    np.testing.assert_allclose(found, np.exp(x.astype(np.float64)), rtol=3e-6)


def test_moments_of_the_enlarged_image() -> None:
    x = np.random.default_rng(0).normal(size=(5, 2, 9)).astype(np.float32)
    kept, total = np.empty_like(x), np.zeros((2, 2))
    z, x = x, np.empty_like(x)
    norm = np.array([[2, 1], [0, 0.5], [0, 0], [1, 1]], np.float32)
    tables = [table.astype(np.float32) for size in (5, 9) for table in squares(size)]
    upconv.enlarged_moments(kept, x, z, norm, *tables, total)
    made = z * norm[0][:, None] + norm[1][:, None]
    np.testing.assert_allclose(x, np.maximum(made, 0.2 * made), rtol=1e-5)
    small = torch.from_numpy(x).permute(1, 0, 2)[None]
    large = torch.nn.functional.interpolate(
        small, scale_factor=2, mode="bilinear", align_corners=True
    )[0]
    np.testing.assert_allclose(total[0], large.sum((1, 2)), rtol=1e-4)
    np.testing.assert_allclose(total[1], (large * large).sum((1, 2)), rtol=1e-4)


def test_what_kernels_call_is_compiled_into_them() -> None:
    for module in (row_ops, pointwise, conv, upconv):
        for name, function in vars(module).items():
            if hasattr(function, "targetoptions") and function.__module__ == module.__name__:
                inner = module is row_ops or name.startswith("_")
                assert bool(function.targetoptions.get("forceinline")) is inner, name


@pytest.mark.slow
def test_the_first_run_gives_the_bytes_of_the_next(tmp_path: Path) -> None:
    program = (
        "import numpy as np, segprior; x = np.random.default_rng(0).random((32, 40, 3)); "
        "print(segprior.fit_prior(x, members=1, iterations=4).image.tobytes().hex())"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert list(tmp_path.rglob("*.nbc"))
    assert found[0] == found[1]
