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
    from segprior.analysis.analyze import Analysis, analyze
    from segprior.callbacks import EarlyStopping, Event, ProgressBar
    from segprior.config.analysis import AnalysisConfig
    from segprior.config.double_dip import DoubleDipConfig
    from segprior.config.presets import EvaluateConfig, ForegroundConfig, PriorConfig
    from segprior.config.segment import SegmentConfig
    from segprior.config.tiles import TileConfig
    from segprior.errors import Cancelled, ConfigError, ImageError, OutputError, SegpriorError
    from segprior.estimators import ForegroundSegmenter, Segmenter
    from segprior.evaluation.evaluate import evaluate_foreground, evaluate_regions
    from segprior.io.image import as_image
    from segprior.large import TiledResult, foreground_tiles, segment_tiles
    from segprior.methods.double_dip.api import double_dip
    from segprior.methods.double_dip.result import DoubleDip
    from segprior.methods.foreground.api import foreground
    from segprior.methods.multiclass.api import segment
    from segprior.methods.multiclass.hierarchy import Hierarchy, segment_hierarchy
    from segprior.prior.prior import Prior, fit_prior
    from segprior.result import Segmentation
    from segprior.tensorboard import TensorBoard

__all__ = [
    "Analysis",
    "AnalysisConfig",
    "Cancelled",
    "ConfigError",
    "DoubleDip",
    "DoubleDipConfig",
    "EarlyStopping",
    "EvaluateConfig",
    "Event",
    "ForegroundConfig",
    "ForegroundSegmenter",
    "Hierarchy",
    "ImageError",
    "OutputError",
    "Prior",
    "PriorConfig",
    "ProgressBar",
    "SegmentConfig",
    "Segmentation",
    "Segmenter",
    "SegpriorError",
    "TensorBoard",
    "TileConfig",
    "TiledResult",
    "analyze",
    "as_image",
    "double_dip",
    "evaluate_foreground",
    "evaluate_regions",
    "fit_prior",
    "foreground",
    "foreground_tiles",
    "segment",
    "segment_hierarchy",
    "segment_tiles",
]

_HOMES = {
    "Analysis": "analysis.analyze",
    "AnalysisConfig": "config.analysis",
    "Cancelled": "errors",
    "ConfigError": "errors",
    "DoubleDip": "methods.double_dip.result",
    "DoubleDipConfig": "config.double_dip",
    "EarlyStopping": "callbacks",
    "EvaluateConfig": "config.presets",
    "Event": "callbacks",
    "ForegroundConfig": "config.presets",
    "ForegroundSegmenter": "estimators",
    "Hierarchy": "methods.multiclass.hierarchy",
    "ImageError": "errors",
    "OutputError": "errors",
    "Prior": "prior.prior",
    "PriorConfig": "config.presets",
    "ProgressBar": "callbacks",
    "SegmentConfig": "config.segment",
    "Segmentation": "result",
    "Segmenter": "estimators",
    "SegpriorError": "errors",
    "TensorBoard": "tensorboard",
    "TileConfig": "config.tiles",
    "TiledResult": "large",
    "analyze": "analysis.analyze",
    "as_image": "io.image",
    "double_dip": "methods.double_dip.api",
    "evaluate_foreground": "evaluation.evaluate",
    "evaluate_regions": "evaluation.evaluate",
    "fit_prior": "prior.prior",
    "foreground": "methods.foreground.api",
    "foreground_tiles": "large",
    "segment": "methods.multiclass.api",
    "segment_hierarchy": "methods.multiclass.hierarchy",
    "segment_tiles": "large",
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
