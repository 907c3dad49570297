"""Segment an image with nothing but that image: deep segmentation priors.

Everything below is imported when it is first used, so that ``import segprior`` is quick.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from segprior._version import __version__ as __version__

if TYPE_CHECKING:
    from segprior.callbacks import EarlyStopping, Event, ProgressBar
    from segprior.config import ForegroundConfig, PriorConfig
    from segprior.errors import Cancelled, ConfigError, ImageError, OutputError, SegpriorError
    from segprior.estimators import ForegroundSegmenter
    from segprior.foreground import foreground
    from segprior.images import as_image
    from segprior.prior import Prior, fit_prior
    from segprior.result import Segmentation

__all__ = [
    "Cancelled",
    "ConfigError",
    "EarlyStopping",
    "Event",
    "ForegroundConfig",
    "ForegroundSegmenter",
    "ImageError",
    "OutputError",
    "Prior",
    "PriorConfig",
    "ProgressBar",
    "Segmentation",
    "SegpriorError",
    "as_image",
    "fit_prior",
    "foreground",
]

_HOMES = {
    "Cancelled": "errors",
    "ConfigError": "errors",
    "EarlyStopping": "callbacks",
    "Event": "callbacks",
    "ForegroundConfig": "config",
    "ForegroundSegmenter": "estimators",
    "ImageError": "errors",
    "OutputError": "errors",
    "Prior": "prior",
    "PriorConfig": "config",
    "ProgressBar": "callbacks",
    "Segmentation": "result",
    "SegpriorError": "errors",
    "as_image": "images",
    "fit_prior": "prior",
    "foreground": "foreground",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Package(ModuleType):
    """Keeps ``segprior.foreground`` the function.

    Importing the module of that name would otherwise put the module in the function's place.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
