"""Parts that are found rather than listed: in the modules of a package, and elsewhere."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterator
from typing import TypeVar

__all__ = ["found_elsewhere", "found_inside", "skip"]

T = TypeVar("T")


def found_inside(package: str, attribute: str, kind: type[T]) -> Iterator[T]:
    """Go through what the modules of a package hold under one name.

    Parameters
    ----------
    package : str
        Its full name. Modules whose names begin with an underscore are left out.
    attribute : str
        The name. Modules that have no such attribute are left out.
    kind : type
        Of what they hold.

    Raises
    ------
    TypeError
        If a module holds something else under that name.
    """
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        found = getattr(module, attribute, None)
        if found is None:
            continue
        if not isinstance(found, kind):
            raise TypeError(f"{module.__name__}.{attribute} is no {kind.__name__}: {found!r}")
        yield found


def found_elsewhere(group: str, kind: type[T]) -> Iterator[tuple[str, T]]:
    """Go through what other distributions register under a group of entry points.

    What cannot be loaded, or is of another type, is told by :func:`skip` and left out.

    Yields
    ------
    origin : str
        For messages: the entry point, and the distribution if it is known.
    found
    """
    # Not at the top, because it costs more than everything else here.
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        origin = f"{group} {entry.name}"
        if entry.dist is not None:
            origin += f" of {entry.dist.name} {entry.dist.version}"
        # Whatever a stranger's module does wrong, it is no reason to do nothing at all.
        try:
            found = entry.load()
        except (Exception, SystemExit) as error:
            skip(origin, f"{type(error).__name__}: {error}")
            continue
        if isinstance(found, kind):
            yield origin, found
        else:
            skip(origin, f"{entry.value} is no {kind.__name__}")


def skip(origin: str, reason: str) -> None:
    """Tell in one line, on stderr where nobody has set logging up, that something is left out."""
    logging.getLogger("segprior").warning(
        "segprior: %s is left out: %s", origin, " ".join(reason.split())
    )
