"""How an image is looked at before it is steered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from segprior.config.checks import at_least
from segprior.config.presets import Presets

__all__ = ["PredictorConfig"]


@dataclass(frozen=True, kw_only=True)
class PredictorConfig(Presets):
    """How an image is looked at before it is steered.

    Parameters
    ----------
    working_size : int or None
        Longest side at which regions are found; larger images are reduced to it, and boundaries
        found at full size again. None is no limit.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"fast": {}}

    working_size: int | None = 512

    def __post_init__(self) -> None:
        if self.working_size is not None:
            at_least("working_size", self.working_size, 8)
