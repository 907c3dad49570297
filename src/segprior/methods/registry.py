"""The methods that there are: modules of ours that hold ``METHOD``, and those of others."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
import warnings
from collections.abc import Iterator
from importlib.metadata import entry_points
from types import ModuleType

from segprior.config.checks import one_of
from segprior.config.prior import PriorConfig
from segprior.methods.method import Kind, Method

__all__ = ["GROUP", "find_method", "methods", "option_owners"]

# Entry points of other distributions, each a `Method`.
GROUP = "segprior.methods"

_PACKAGES = {"foreground": "segprior.methods.foreground", "regions": "segprior.methods.multiclass"}
_FIRST = {"foreground": "consensus", "regions": "hierarchy"}


@functools.cache
def methods(kind: Kind) -> dict[str, Method]:
    """Return all methods of a kind by name: the default, the others of ours, those of others."""
    own = {method.name: method for method in _own(kind)}
    names = sorted(own, key=lambda name: (name != _FIRST[kind], name))
    found = {name: own[name] for name in names}
    for method in _theirs():
        if method.kind != kind:
            continue
        if (reason := _clash(method, found)) is None:
            found[method.name] = method
        else:
            warnings.warn(f"method {method.name!r} is left out: {reason}", stacklevel=2)
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


def option_owners(kind: Kind) -> dict[str, list[Method]]:
    """Return the options of all methods of a kind, each with the methods that have it."""
    owners: dict[str, list[Method]] = {}
    for method in methods(kind).values():
        for name in _options(method):
            owners.setdefault(name, []).append(method)
    return owners


def _own(kind: Kind) -> Iterator[Method]:
    package: ModuleType = importlib.import_module(_PACKAGES[kind])
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"{package.__name__}.{module.name}")
            if isinstance(found := getattr(loaded, "METHOD", None), Method):
                yield found


@functools.cache
def _theirs() -> list[Method]:
    found = []
    for entry in entry_points(group=GROUP):
        try:
            loaded = entry.load()
        # Whatever is wrong with another distribution must not stop ours.
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        else:
            if isinstance(loaded, Method):
                found.append(loaded)
                continue
            reason = f"{entry.value} is no segprior.methods.method.Method"
        warnings.warn(f"method {entry.name!r} is left out: {reason}", stacklevel=2)
    return found


def _options(method: Method) -> dict[str, object]:
    return {field.name: field.type for field in dataclasses.fields(method.config)}  # type: ignore[arg-type]


def _clash(method: Method, known: dict[str, Method]) -> str | None:
    """Say what keeps a method from standing beside the others."""
    if method.name in known:
        return "there is one of this name already"
    if taken := {name for other in known.values() for name in other.presets} & {*method.presets}:
        return f"there is a preset {min(taken)!r} already"
    types = {name: kind for other in known.values() for name, kind in _options(other).items()}
    for name, kind in _options(method).items():
        if name in _shared(method.kind):
            return f"its option {name!r} is one that all methods have"
        if types.get(name, kind) != kind:
            return f"its option {name!r} has another type in another method"
    return None


def _shared(kind: Kind) -> set[str]:
    config = importlib.import_module(f"{_PACKAGES[kind]}.config")
    own = config.ForegroundConfig if kind == "foreground" else config.SegmentConfig
    return {field.name for owner in (own, PriorConfig) for field in dataclasses.fields(owner)}
