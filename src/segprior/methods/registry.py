"""The methods that there are: modules of ours that hold ``METHOD``, and those of others."""

from __future__ import annotations

import dataclasses
import functools
import importlib

from segprior.config.checks import one_of
from segprior.config.prior import PriorConfig
from segprior.methods.method import Kind, Method
from segprior.runtime.plugins import found_elsewhere, found_inside, skip

__all__ = ["GROUP", "RESERVED", "find_method", "look_again", "methods", "option_owners"]

GROUP = "segprior.methods"
"""The group of entry points in which other distributions register methods."""

RESERVED = frozenset(
    {
        "alpha", "background", "boundaries", "callback", "channel_axis", "confidence", "config",
        "cutout", "dask", "device", "format", "help", "image", "interval", "json", "key",
        "max_pixels", "memory", "name", "output", "overlap", "overlay", "page", "pattern", "preset",
        "prior_preset", "quiet", "random_state", "rng", "sampled_tiles", "save_prior", "scale",
        "scribbles", "seed", "source", "table", "tensorboard", "tile_size", "tiles", "value_range",
        "version", "watch", "workers",
    }
)  # fmt: skip
"""Words of the functions, the estimators and the command line, which no option may have."""

_PACKAGES = {"foreground": "segprior.methods.foreground", "regions": "segprior.methods.multiclass"}
_FIRST = {"foreground": "consensus", "regions": "hierarchy"}


@functools.cache
def methods(kind: Kind) -> dict[str, Method]:
    """Return all methods of a kind by name: the default, the others of ours, those of others.

    A method of another distribution that does not go with the others is left out, which is told in
    one line, as it is of one that cannot be loaded.
    """
    own = found_inside(_PACKAGES[kind], "METHOD", Method)
    found = {
        method.name: method
        for method in sorted(own, key=lambda method: (method.name != _FIRST[kind], method.name))
    }
    for origin, method in found_elsewhere(GROUP, Method):
        if method.kind != kind:
            continue
        if (reason := _clash(method, found)) is None:
            found[method.name] = method
        else:
            skip(origin, reason)
    return found


def find_method(kind: Kind, name: object) -> Method:
    """Return a method by its name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    known = methods(kind)
    one_of("method", name, list(known))
    return known[str(name)]


@functools.cache
def option_owners(kind: Kind) -> dict[str, list[Method]]:
    """Return the options of all methods of a kind, each with the methods that have it."""
    owners: dict[str, list[Method]] = {}
    for method in methods(kind).values():
        for name in _options(method):
            owners.setdefault(name, []).append(method)
    return owners


def look_again() -> None:
    """Forget what was found, for distributions that come and go in one process."""
    methods.cache_clear()
    option_owners.cache_clear()


def _options(method: Method) -> dict[str, object]:
    return {field.name: field.type for field in dataclasses.fields(method.config)}  # type: ignore[arg-type]


def _clash(method: Method, known: dict[str, Method]) -> str | None:
    """Say what keeps a method from standing beside the others."""
    if method.name in known:
        return f"the name {method.name!r} is taken; choose another one"
    if taken := {name for other in known.values() for name in other.presets} & {*method.presets}:
        return f"the preset {min(taken)!r} is taken; choose another name"
    types = {name: kind for other in known.values() for name, kind in _options(other).items()}
    for name, kind in _options(method).items():
        if name in _shared(method.kind):
            return f"its option {name!r} is one that all methods have"
        if name in RESERVED:
            return f"its option {name!r} is a word of the functions or the command line"
        if types.get(name, kind) != kind:
            return f"its option {name!r} has another type in another method"
    return None


def _shared(kind: Kind) -> set[str]:
    config = importlib.import_module(f"{_PACKAGES[kind]}.config")
    own = config.ForegroundConfig if kind == "foreground" else config.SegmentConfig
    return {field.name for owner in (own, PriorConfig) for field in dataclasses.fields(owner)}
