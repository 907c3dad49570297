"""Methods from their text: ``NAME`` or ``NAME:key=value,key=value``.

As in ``felzenszwalb:scale=100`` or ``continuity:working_size=240``.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable
from typing import Any

from segprior.config.checks import of_kind
from segprior.errors import ConfigError
from segprior.evaluation.methods import GROUPS, LEVELS, Contender, Kind, catalogue

__all__ = ["contender", "expand"]


def contender(kind: Kind, text: str, seed: int = 0) -> Contender:
    """Make a method from its text.

    Parameters
    ----------
    kind : {"regions", "foreground", "instances"}
        What it is to find.
    text : str
        ``NAME`` or ``NAME:key=value,key=value``; ``seed`` is a key of every method.
    seed : int
        Where the text does not say.

    Raises
    ------
    ConfigError
        If there is no such method or option, or a value is not valid.
    """
    name, _, rest = text.partition(":")
    choices = catalogue(kind)
    if name not in choices:
        close = difflib.get_close_matches(name, choices, n=1)
        meant = f" (did you mean {close[0]!r}?)" if close else ""
        raise ConfigError(f"no method {name!r}{meant}; choose one of {', '.join(choices)}")
    choice = choices[name]
    options: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise ConfigError(f"got {part!r} in {text!r}; write NAME:key=value,key=value")
        if key == "seed":
            seed = _read(key, value, 0, optional=False)
            if not 0 <= seed < 2**63:
                raise ConfigError(f"got seed={seed}; pass a whole number from 0 to 2**63 - 1")
            continue
        if key not in choice.defaults:
            known = ", ".join([*choice.defaults, "seed"])
            raise ConfigError(f"{name} has no option {key!r}; its options are {known}")
        options[key] = _read(key, value, choice.defaults[key], optional=key in choice.optional)
    try:
        return dataclasses.replace(choice.build(options, seed), text=text)
    except ConfigError as error:
        raise ConfigError(f"{text}: {error}") from error


def expand(kind: Kind, texts: Iterable[str]) -> list[str]:
    """Replace ``baselines`` and ``levels`` by all of them, and drop what is there already."""
    groups = {"baselines": GROUPS[kind]}
    if kind == "regions":
        groups["levels"] = LEVELS
    result: dict[str, None] = {}
    for text in [texts] if isinstance(texts, str) else texts:
        of_kind("a method", text, str)
        result |= dict.fromkeys(groups.get(text, (text,)))
    return list(result)


def _read(key: str, text: str, default: Any, *, optional: bool) -> Any:
    """Turn the text of a value into the type that its default has."""
    if optional and text.lower() in ("none", "full"):
        return None
    try:
        if isinstance(default, bool):
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                text.lower()
            ]
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return float(text)
        if default is None:
            return float(text) if set(text) & set(".eE") else int(text)
    except (ValueError, KeyError):
        word = {bool: "true or false", float: "a number"}.get(type(default), "a whole number")
        raise ConfigError(f"got {key}={text!r}; pass {word}") from None
    if isinstance(default, str):
        return text
    raise ConfigError(f"{key} cannot be set in the text of a method; leave it out")
