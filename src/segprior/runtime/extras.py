"""Optional dependencies: loaded when used, and named with the command that installs them."""

from __future__ import annotations

import importlib
from types import ModuleType

from segprior.errors import ConfigError

__all__ = ["need"]


def need(module: str, extra: str) -> ModuleType:
    """Import a module that an extra of this package brings along.

    Parameters
    ----------
    module : str
        Its full name, such as ``matplotlib.figure``.
    extra : str
        The extra, such as ``plots``.

    Returns
    -------
    module

    Raises
    ------
    ConfigError
        If it is not installed, with the command that would install it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise  # it is there, but broken by something that it needs itself
        raise ConfigError(
            f'{package} is not installed; run pip install "segprior[{extra}]"'
        ) from error
