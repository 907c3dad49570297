from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.nn.compiled.engine import CompiledEngine
from segprior.prior.training import fit_members

pytestmark = pytest.mark.usefixtures("one_thread")


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


def test_a_member_is_the_same_on_one_thread_and_on_two() -> None:
    config = PriorConfig(iterations=4, features=(("up1", 4),))

    def fitted(threads: int) -> list[bytes]:
        torch.set_num_threads(threads)
        runs = fit_members(picture(64, 72), [1, 2, 3], config, "cpu")
        return [run.output.tobytes() + run.features["up1", 4].tobytes() for run in runs]

    assert fitted(1) == fitted(2)
