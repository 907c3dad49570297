"""How members are fitted on a CPU."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.nn.shared.engine import Engine

__all__ = ["cpu_engine", "is_compiled"]


def is_compiled() -> bool:
    """Whether members are fitted by compiled loops on a CPU here; PyTorch does it otherwise."""
    return find_spec("numba") is not None


def cpu_engine(
    target: NDArray[np.float32], config: PriorConfig, noise_seed: int | None = None
) -> Callable[[int], Engine]:
    """Choose how members are fitted on a CPU; returns what makes the engine of one, by its seed."""
    if is_compiled():
        from segprior.nn.compiled.engine import CompiledEngine

        return lambda seed: CompiledEngine(target, seed, config, noise_seed)
    from segprior.nn.torch.engine import TorchEngine

    return lambda seed: TorchEngine(target, [seed], config, noise_seed=noise_seed)
