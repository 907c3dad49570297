"""The methods that there are: modules of ours that hold ``METHOD``, and those of others."""

from __future__ import annotations

import functools
import importlib
import re
import typing
from typing import Any, Literal

from segprior.config.checks import one_of
from segprior.config.presets import Presets, field_names
from segprior.config.prior import PriorConfig
from segprior.config.running import BatchConfig
from segprior.config.tiles import TileConfig
from segprior.errors import ConfigError
from segprior.methods.method import Kind, Method
from segprior.runtime.plugins import found_elsewhere, found_inside, skip

__all__ = [
    "GROUP",
    "RESERVED",
    "find_method",
    "look_again",
    "methods",
    "option_owners",
    "shared_options",
]

GROUP = "segprior.methods"
"""The group of entry points in which other distributions register methods."""

RESERVED = frozenset(
    {
        "alpha", "axes", "background", "boundaries", "box", "callback", "channel_axis", "click",
        "confidence", "config", "cutout", "device", "format", "help", "hierarchy", "image", "json",
        "key", "labels", "max_bytes", "max_pixels", "name", "nodata", "output", "overlay", "page",
        "pattern", "points", "preset", "prior_preset", "project", "quiet", "random_state", "rng",
        "save_prior", "scribbles", "seed", "source", "table", "tensorboard",
        "tiles", "ucm", "value_range", "version", "watch", *field_names(TileConfig),
        *field_names(BatchConfig),
    }
)  # fmt: skip
"""Words of the functions, the estimators and the command line, which no option may have."""

_PACKAGES = {"foreground": "segprior.methods.foreground", "regions": "segprior.methods.multiclass"}
# What networks have as the prior does, and mean by it their own.
_OWN_AND_PRIOR = frozenset({"iterations", "learning_rate"})
_TYPES = (bool, int, float, str, int | None, tuple[int, ...])
# The function of the other kind of methods, and that kind.
_SISTERS: dict[str, tuple[str, Kind]] = {
    "foreground": ("segment", "regions"),
    "regions": ("foreground", "foreground"),
}
_FIRST = {"foreground": "consensus", "regions": "hierarchy"}


@functools.cache
def methods(kind: Kind) -> dict[str, Method]:
    """Return all methods of a kind by name: the default, the others of ours, those of others.

    A method of another distribution that does not go with the others is left out, which is told in
    one line, as it is of one that cannot be loaded.
    """
    own = found_inside(_PACKAGES[kind], "METHOD", Method)
    found: dict[str, Method] = {}
    for method in sorted(own, key=lambda method: (method.name != _FIRST[kind], method.name)):
        if method.kind != kind:
            raise TypeError(f"{_PACKAGES[kind]} holds {method.name!r}, whose kind is another")
        if reason := _problem(method, found, also=_OWN_AND_PRIOR):
            raise TypeError(f"method {method.name!r} cannot be used: {reason}")
        found[method.name] = method
    for origin, method in found_elsewhere(GROUP, Method):
        if method.kind not in _PACKAGES:
            skip(origin, f"its kind {method.kind!r} is none of {', '.join(_PACKAGES)}")
        elif method.kind == kind:
            if reason := _problem(method, found):
                skip(origin, reason)
            else:
                found[method.name] = method
    return found


def find_method(kind: Kind, name: object) -> Method:
    """Return a method by its name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    known = methods(kind)
    door, other = _SISTERS[kind]
    if isinstance(name, str) and name not in known and name in methods(other):
        raise ConfigError(
            option="method", got=name, cure=f"{door} has it; choose one of {', '.join(known)} here"
        )
    one_of("method", name, list(known))
    return known[str(name)]


@functools.cache
def option_owners(kind: Kind) -> dict[str, list[Method]]:
    """Return the options of all methods of a kind, each with the methods that have it."""
    owners: dict[str, list[Method]] = {}
    for method in methods(kind).values():
        for name in field_names(method.config):
            owners.setdefault(name, []).append(method)
    return owners


def look_again() -> None:
    """Forget what was found, for distributions that come and go in one process."""
    methods.cache_clear()
    option_owners.cache_clear()


@functools.cache
def _options(config: type[Presets]) -> dict[str, Any]:
    """Names of the options with their types."""
    hints = typing.get_type_hints(config)
    return {name: hints[name] for name in field_names(config)}


def _problem(method: Method, known: dict[str, Method], also: frozenset[str] = frozenset()) -> str:
    """Say what keeps a method from standing beside the others; empty if nothing does."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", method.name):
        return f"the name {method.name!r} is not made of small letters, digits, - and _"
    if method.name in known:
        return f"the name {method.name!r} is taken; choose another one"
    presets = {"fast", *(name for other in known.values() for name in other.presets)}
    if taken := presets & {*method.presets}:
        return f"the preset {min(taken)!r} is taken; choose another name"
    if method.start not in presets | {*method.presets}:
        return f"there is no preset {method.start!r} for it to start from"
    try:
        return _problem_of_options(method, known, also)
    # Whatever a stranger's options do wrong, it must not keep others from working.
    except Exception as error:
        return f"its options cannot be made ({type(error).__name__}: {error})"


def _problem_of_options(method: Method, known: dict[str, Method], also: frozenset[str]) -> str:
    config: Any = method.config
    if not (isinstance(config, type) and issubclass(config, Presets)):
        return "its options are no class made of Presets"
    # Classes do have a hash, which mypy does not see.
    options = _options(config)  # type: ignore[arg-type]
    types: dict[str, Any] = {}
    for other in known.values():
        types |= _options(other.config)  # type: ignore[arg-type]
    shared = shared_options(method.kind)
    for name, kind in options.items():
        if name in shared - also:
            return f"its option {name!r} is one that all methods have"
        if name in RESERVED:
            return f"its option {name!r} is a word of the functions or the command line"
        if types.get(name, kind) != kind:
            return f"its option {name!r} has another type in another method"
        if kind not in _TYPES and typing.get_origin(kind) is not Literal:
            return f"its option {name!r} has a type that cannot be typed; see Method.config"
    method.config()  # as it is without any option
    for preset, content in method.presets.items():
        if unknown := {*content} - {*options} - shared:
            return f"its preset {preset!r} has an option {min(unknown)!r}, which there is not"
        method.config(**{name: value for name, value in content.items() if name in options})
    return ""


def shared_options(kind: Kind) -> set[str]:
    """Names of the options that all methods of a kind share, and of those of the prior."""
    config = importlib.import_module(f"{_PACKAGES[kind]}.config")
    own = config.ForegroundConfig if kind == "foreground" else config.SegmentConfig
    return {*field_names(own), *field_names(PriorConfig)}
