"""Which way a network is computed."""

from __future__ import annotations

from segprior.errors import ConfigError
from segprior.runtime import loops
from segprior.runtime.devices import is_cpu
from segprior.runtime.extras import need

__all__ = ["compiled_is_for"]


def compiled_is_for(device: str) -> bool:
    """Whether a network runs by the compiled loops, and not by PyTorch, on a ``device``.

    Raises
    ------
    ConfigError
        If it can run by neither, with the commands that help; errors as for
        :func:`segprior.runtime.devices.resolve_device`.
    """
    if not is_cpu(device):
        return False
    if loops.are_there():
        return True
    try:
        need("torch", "torch")
    except ConfigError as error:
        cure = 'run pip install "segprior[torch]"'
        raise ConfigError(f"no compiled loops here; {loops.CURE}, or {cure}") from error
    return False
