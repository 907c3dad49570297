"""Results in which nothing is told apart: what to say of them, and what to try."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from segprior.config.presets import field_names
from segprior.errors import EmptyResultWarning
from segprior.messages import Setting
from segprior.methods.config import MethodConfig
from segprior.methods.registry import methods

__all__ = ["Found", "told", "warning_of"]

Part = str | Setting


class Found(Protocol):
    """What there is to say something of: a `Segmentation`, or what became of tiles."""

    @property
    def kind(self) -> str:
        """``"mask"`` or ``"labels"``."""

    @property
    def empty(self) -> bool:
        """Whether all pixels have one label."""

    @property
    def foreground(self) -> float:
        """Share of the pixels whose label is not 0."""

    @property
    def config(self) -> Any:
        """The configuration that made it."""

    @property
    def evidence(self) -> Mapping[str, float]:
        """Named numbers behind it."""


class _Warned(Protocol):
    @property
    def warning(self) -> EmptyResultWarning | None: ...


W = TypeVar("W", bound=_Warned)


def told(found: W) -> W:
    """Return a result, after warning of it if it is empty; for doors, whose caller is warned."""
    if found.warning is not None:
        warnings.warn(found.warning, stacklevel=3)
    return found


def warning_of(found: Found, *, flat: bool = False, lost_to: str = "") -> EmptyResultWarning | None:
    """Say that nothing is told apart, and what to try.

    Parameters
    ----------
    found : Segmentation or TiledResult
    flat : bool
        Whether the image is of one colour.
    lost_to : str
        The option without which there would be more, such as ``"min_size"``.

    Returns
    -------
    EmptyResultWarning or None
        None if something is told apart, or one segment is what was asked for.
    """
    if not found.empty:
        return None
    config = found.config
    if found.kind == "labels":
        if 1 in (config.classes, config.max_classes):
            return None
        what = "one segment found: all pixels have one label"
    elif found.foreground:
        what = "all found: every pixel of the mask is foreground"
    else:
        what = "nothing found: the mask is empty"
    if flat:
        return EmptyResultWarning(
            f"{what}, since the image is of one colour",
            cure=(
                "if it should not be, read it with another ", Setting("value_range"), ", ",
                Setting("alpha"), " or ", Setting("page"),
            ),
        )  # fmt: skip
    if lost_to:
        value = getattr(config, lost_to)
        named = Setting(lost_to) if value is True else Setting(lost_to, value)
        cure = "leave it out" if value is True else "pass a smaller one"
        return EmptyResultWarning(what, " with ", named, cure=cure)
    tries = _for_labels(config) if found.kind == "labels" else _for_mask(config, found.evidence)
    return EmptyResultWarning(what, cure=("try ", *_joined([*tries, [Setting("value_range")]])))


def _for_mask(config: Any, evidence: Mapping[str, float]) -> list[list[Part]]:
    if not isinstance(config, MethodConfig):
        other = "saliency" if config.hint == "mask" else "mask"
        return [[Setting("hint", other)], ["a hint of your own"]]
    tries: list[list[Part]] = []
    if "reading" in field_names(config.options):
        things = config.options.reading == "things" or evidence.get("reading") == 1
        tries.append([Setting("reading", "object" if things else "things")])
    if getattr(config, "features", None) == "prior":
        tries.append([Setting("features", "image")])
    return tries + _other_methods(config)


def _for_labels(config: Any) -> list[list[Part]]:
    tries: list[list[Part]] = []
    if getattr(config.options, "coarseness", 0):
        tries.append([Setting("coarseness", 0)])
    if config.min_classes == 1:
        tries.append([Setting("min_classes", 2)])
    return tries + _other_methods(config)


def _other_methods(config: MethodConfig) -> list[list[Part]]:
    """The first preset of another method."""
    for method in methods(config.kind).values():
        if method.name != config.method:
            start = method.start if method.start in method.presets else "fast"
            other = Setting("preset", start)
            if type(config).preset(start).method != method.name:
                other = Setting("method", method.name)
            return [[other]]
    return []


def _joined(tries: list[list[Part]]) -> list[Part]:
    """Put commas and an "or" between."""
    parts: list[Part] = []
    for number, one in enumerate(tries):
        if number:
            parts.append(" or " if number == len(tries) - 1 else ", ")
        parts += one
    return parts
