"""What configurations share: presets by name, overrides by keyword."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeVar

from segprior.config.checks import of_kind
from segprior.errors import ConfigError, UnknownNameError

__all__ = ["Presets", "field_names", "resolve"]


class Presets:
    """What the configurations share: presets by name, overrides by keyword, checks."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @classmethod
    def preset(cls, name: str = "fast", **overrides: Any) -> Self:
        """Make the configuration of a preset, some of its fields replaced.

        Parameters
        ----------
        name : str
            One of ``cls.presets``.
        **overrides
            Fields of this configuration, or of the prior's configuration inside it.

        Raises
        ------
        ConfigError
            If the preset or a field does not exist, or a value is out of range.
        """
        if name not in cls.presets:
            raise cls.unknown(name, "preset", f"choose one of {', '.join(cls.presets)}")
        return cls(**cls.presets[name]).replace(**overrides)

    @classmethod
    def unknown(cls, name: str, what: Literal["option", "preset"], cure: str) -> UnknownNameError:
        """Make the error of a name that is none of ours."""
        return UnknownNameError(f"no {what} {name!r}", name=name, what=what, cure=cure)

    @classmethod
    def start(cls, given: Mapping[str, Any]) -> str:
        """Choose the preset to start from where none was named, by the options that were."""
        return "fast"

    def replace(self, **overrides: Any) -> Self:
        """Return a copy with some fields replaced; errors as in :meth:`preset`."""
        fields = {*field_names(self)}
        own = {name: value for name, value in overrides.items() if name in fields}
        rest = {name: value for name, value in overrides.items() if name not in fields}
        inner: Any = own.get("prior", getattr(self, "prior", None))
        known = fields.union(field_names(inner) if isinstance(inner, Presets) else ())
        if unknown := rest.keys() - known:
            options = ", ".join(sorted(known))
            raise self.unknown(min(unknown), "option", f"the options are {options}")
        if rest:
            own["prior"] = inner.replace(**rest)
        return dataclasses.replace(self, **own)  # type: ignore[type-var]

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as nested plain values, fit for JSON."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]


def field_names(config: Presets | type[Presets]) -> list[str]:
    """Return the names of the fields of a configuration, or of its class, in their order."""
    return [field.name for field in dataclasses.fields(config)]  # type: ignore[arg-type]


C = TypeVar("C", bound=Presets)


def resolve(kind: type[C], preset: str | None, config: C | None, overrides: Mapping[str, Any]) -> C:
    """Join the ``preset=``, ``config=`` and keyword arguments of a public function into one."""
    if config is None:
        return kind.preset(kind.start(overrides) if preset is None else preset, **overrides)
    if preset is not None:
        raise ConfigError(f"got both preset={preset!r} and config=; pass one of them")
    of_kind("config", config, kind)
    return config.replace(**overrides)
