"""Which way a network is computed."""

from __future__ import annotations

from segprior.errors import ConfigError
from segprior.runtime import loops
from segprior.runtime.devices import is_cpu

__all__ = ["compiled_is_for"]


def compiled_is_for(device: str) -> bool:
    """Whether a network runs by the compiled loops, and not by PyTorch, on a ``device``.

    Raises
    ------
    ConfigError
        If it can run by neither, with the commands that help; errors as for
        :func:`segprior.runtime.devices.resolve_device`.
    """
    if is_cpu(device) and loops.are_there():
        return True
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError as error:
        cure = 'run pip install "segprior[torch]"'
        if is_cpu(device):
            raise ConfigError(f"no compiled loops here; {loops.CURE}, or {cure}") from error
        raise ConfigError(f"PyTorch is not installed; {cure}") from error
    return False
