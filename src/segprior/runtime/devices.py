"""Where to compute and on how many threads, without loading PyTorch for a CPU alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.errors import ConfigError
from segprior.messages import Setting
from segprior.runtime.extras import need

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    import torch

__all__ = [
    "DRIVERS",
    "check_device",
    "core_count",
    "is_cpu",
    "one_blas_thread",
    "one_torch_thread",
    "resolve_device",
    "side_by_side",
    "thread_count",
]

# What the drivers of NVIDIA (also under WSL) and AMD put in place.
DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd", "C:/Windows/System32/nvcuda.dll")


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn the ``device`` argument of a public function into a device that is there.

    ``"auto"`` is CUDA if there is one, else Apple's MPS, else the CPU.

    Raises
    ------
    ConfigError
        If there is no such device, or PyTorch is not installed.
    """
    need("torch", "torch")
    import torch

    available: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
        "cpu": lambda: True,
    }
    if device == "auto":
        return torch.device(next(name for name, there in available.items() if there()))
    try:
        chosen = torch.device(device)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in available:
        raise ConfigError(f"no device {str(device)!r}; choose auto, cpu, cuda or mps")
    if not available[chosen.type]():
        raise ConfigError(
            f"device {str(device)!r} is not available here",
            cure=("pass ", Setting("device", "cpu")),
        )
    return chosen


def is_cpu(device: str | torch.device) -> bool:
    """Whether a ``device`` argument means the CPU; errors as for :func:`resolve_device`.

    PyTorch, which takes a second to load, is only asked where there may be another device.
    """
    if str(device) == "cpu":
        return True
    if str(device) == "auto":
        if sys.platform != "darwin" and not any(Path(driver).exists() for driver in DRIVERS):
            return True
        if find_spec("torch") is None:
            return True
    return resolve_device(device).type == "cpu"


def check_device(device: str | torch.device) -> None:
    """Refuse a device that is not there, also where it may turn out that none is needed.

    Raises
    ------
    ConfigError
        As :func:`resolve_device` does.
    """
    is_cpu(device)


def thread_count() -> int:
    """How many threads to use: what PyTorch is set to, if it is loaded, or would be."""
    if (torch := sys.modules.get("torch")) is not None:
        return int(torch.get_num_threads())
    limit = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if limit.isdigit() and int(limit) > 0:
        return int(limit)
    return core_count()


def core_count() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def one_blas_thread() -> AbstractContextManager[Any]:
    """Limit BLAS and K-means to one thread: with more they add up in another order."""
    limit: AbstractContextManager[Any] = _libraries().limit(limits=1)
    return limit


@cache
def _libraries() -> Any:
    import scipy.cluster.vq  # noqa: F401  (loads the libraries that are looked for)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let PyTorch compute on one thread, where it is loaded: its sums depend on their number."""
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 1
    try:
        if torch:
            torch.set_num_threads(1)
        yield
    finally:
        if torch:
            torch.set_num_threads(threads)


@contextmanager
def side_by_side(most: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for work side by side, ``most`` at most; PyTorch, if loaded, gives one to each.

    With one thread each, results do not depend on how many there are.
    """
    from concurrent.futures import ThreadPoolExecutor

    threads = thread_count()
    torch = sys.modules.get("torch")
    one_thread = (lambda: torch.set_num_threads(1)) if torch else None
    try:
        with ThreadPoolExecutor(min(most, threads), initializer=one_thread) as pool:
            yield pool
    finally:
        if torch:
            torch.set_num_threads(threads)
