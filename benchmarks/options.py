"""Settings of a method, read from the words of a benchmark's command line."""

from __future__ import annotations

from typing import Any

from segprior.cli.arguments.options import options_of
from segprior.config.presets import Presets

__all__ = ["read_options"]


def read_options(config: type[Presets], text: str) -> dict[str, Any]:
    """From ``key=value,key=value`` to fields of a configuration, or ``rng``, with their types."""
    convert = {option.field: option.convert for option in options_of(config)}
    options = dict(part.split("=", 1) for part in text.split(",") if part)
    return {key: int(value) if key == "rng" else convert[key](value)
            for key, value in options.items()}  # fmt: skip
