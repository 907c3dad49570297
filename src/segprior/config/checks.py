"""Checks of the values of the configurations, each with its message."""

from __future__ import annotations

from collections.abc import Sequence

from segprior.errors import ConfigError

__all__ = ["MAX_PIXELS", "at_least", "from_zero", "of_kind", "one_of", "positive", "zero_to_one"]

MAX_PIXELS = 64_000_000
"""Rows times columns that a picture may have, where nobody says another number."""


def at_least(name: str, value: object, least: int) -> None:
    """Refuse all but whole numbers from ``least`` on."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(option=name, got=value, cure=f"pass a whole number of at least {least}")


def positive(name: str, value: object) -> None:
    """Refuse all but finite numbers above 0."""
    if not _finite(value) or value <= 0:  # type: ignore[operator]
        raise ConfigError(option=name, got=value, cure="pass a number above 0")


def from_zero(name: str, value: object) -> None:
    """Refuse all but finite numbers from 0 on."""
    if not _finite(value) or value < 0:  # type: ignore[operator]
        raise ConfigError(option=name, got=value, cure="pass a number from 0 on")


def zero_to_one(name: str, value: object) -> None:
    """Refuse all but numbers from 0 to 1."""
    if not _finite(value) or not 0 <= value <= 1:  # type: ignore[operator]
        raise ConfigError(option=name, got=value, cure="pass a number from 0 to 1")


def one_of(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse what is not among the choices."""
    if value in choices:
        return
    *most, last = map(repr, choices)
    listed = f"{most[0]} or {last}" if len(most) == 1 else f"one of {', '.join([*most, last])}"
    raise ConfigError(option=name, got=value, cure=f"choose {listed}")


def of_kind(name: str, value: object, kind: type) -> None:
    """Refuse what is no instance of a class."""
    if not isinstance(value, kind):
        raise ConfigError(f"{name} is a {type(value).__name__}; pass a {kind.__name__}")


def _finite(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) < float("inf")  # type: ignore[arg-type]
