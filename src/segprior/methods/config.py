"""What the configurations of ``foreground`` and ``segment`` share: the options of their methods."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Literal, Self

from segprior.config.checks import of_kind
from segprior.config.double_dip import DoubleDipConfig
from segprior.config.presets import Presets, field_names
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError, UnknownNameError
from segprior.messages import Setting
from segprior.methods.method import Kind, Method, Need
from segprior.methods.registry import find_method, methods, option_owners, shared_options

__all__ = ["MethodConfig"]


class _MethodPresets:
    """``fast``, and the presets that come with the methods."""

    def __get__(self, obj: object, owner: type[MethodConfig]) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {"fast": {}}
        for method in methods(owner.kind).values():
            found |= method.presets
        return found


class MethodConfig(Presets):
    """Options that all methods of a kind share, and those of the one that is chosen.

    A subclass is a frozen dataclass without an ``__init__`` of its own, with the fields ``method``,
    ``prior`` and ``options``, the last being the configuration of the method. Options of the
    method, and of the prior, can be given to the class and to :meth:`replace` by their own names;
    those of the method are attributes as well: ``config.options.window`` is ``config.window``.
    """

    kind: ClassVar[Kind]
    presets: ClassVar[Any] = _MethodPresets()
    method: str
    prior: PriorConfig
    options: Any

    def __init__(self, **given: Any) -> None:
        own = {}
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if field.name in given:
                own[field.name] = given.pop(field.name)
            elif field.default is not dataclasses.MISSING:
                own[field.name] = field.default
            elif field.default_factory is not dataclasses.MISSING:
                own[field.name] = field.default_factory()
        chosen = find_method(self.kind, own["method"])
        of_kind("prior", own["prior"], PriorConfig)
        options = _carried(own["options"], chosen)
        known, owners = field_names(chosen.config), option_owners(self.kind)
        every = self.option_names()
        for name, value in given.items():
            if name not in known and name in owners:
                raise _misplaced(name, value, chosen, owners[name])
            if name not in every:
                raise self.unknown(name, "option", f"the options are {', '.join(sorted(every))}")
        own["options"] = options.replace(**{n: v for n, v in given.items() if n in known})
        own["prior"] = own["prior"].replace(**{n: v for n, v in given.items() if n not in known})
        for name, value in own.items():
            object.__setattr__(self, name, value)
        self.__post_init__()

    def __post_init__(self) -> None:
        """Check the options together."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and (options := self.__dict__.get("options")) is not None:
            return getattr(options, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def replace(self, **overrides: Any) -> Self:
        """Return a copy with some options replaced; errors as in :meth:`preset`.

        With another ``method``, options that it does not have are dropped.
        """
        values = {name: getattr(self, name) for name in field_names(self)}
        return type(self)(**{**values, **overrides})

    def to_dict(self) -> dict[str, Any]:
        """Return all options as plain values by name, fit for JSON; those of the prior nested."""
        plain = super().to_dict()
        options = plain.pop("options")
        return {**plain, **options}

    @classmethod
    def option_names(cls) -> set[str]:
        """Names of all options: shared ones, those of every method and those of the prior."""
        own, of_methods = field_names(cls), option_owners(cls.kind)
        return {*own, *field_names(PriorConfig), *of_methods} - {"options"}

    @classmethod
    def unknown(cls, name: str, what: Literal["option", "preset"], cure: str) -> UnknownNameError:
        """Make the error of a name that is none of ours, and say which function has it."""
        takers = [door for door, names in _elsewhere(cls.kind, what) if name in names]
        if not takers:
            return super().unknown(name, what, cure)
        verb = "has" if len(takers) == 1 else "have"
        return UnknownNameError(
            f"no {what} {name!r} here", name=name, what=what,
            cure=f"segprior.{' and segprior.'.join(takers)} {verb} it",
        )  # fmt: skip

    @classmethod
    def start(cls, given: Mapping[str, Any]) -> str:
        """Choose the preset to start from where none was named, by the options that were."""
        known = methods(cls.kind)
        method = given.get("method")
        return known[method].start if isinstance(method, str) and method in known else "fast"

    @property
    def chosen(self) -> Method:
        """The method."""
        return find_method(self.kind, self.method)

    @property
    def need(self) -> Need:
        """Whether the method uses the prior of the image."""
        return self.chosen.need(self.options)


def _elsewhere(kind: Kind, what: Literal["option", "preset"]) -> list[tuple[str, Collection[str]]]:
    """The other functions that segment, each with its own options or presets."""
    other: Kind = "regions" if kind == "foreground" else "foreground"
    door, marks = ("foreground", ()) if other == "foreground" else ("segment", ("scribbles",))
    if what == "option":
        return [
            (door, {*shared_options(other), *option_owners(other), *marks}),
            ("double_dip", {*field_names(DoubleDipConfig), "hint"}),
        ]
    presets = {name for method in methods(other).values() for name in method.presets}
    return [(door, presets), ("double_dip", DoubleDipConfig.presets)]


def _carried(options: Presets | None, method: Method) -> Presets:
    """Options of one method as those of another: what both have and was changed."""
    if options is None:
        return method.config()
    if type(options) is method.config:
        return options
    plain = type(options)()
    changed = {name: getattr(options, name) for name in field_names(options)}
    changed = {name: value for name, value in changed.items() if value != getattr(plain, name)}
    kept = field_names(method.config)
    return method.config(**{name: value for name, value in changed.items() if name in kept})


def _misplaced(name: str, value: object, chosen: Method, owners: list[Method]) -> ConfigError:
    """The error of an option that other methods have; or their own, of its value."""
    owner = owners[0]
    owner.config(**{name: value})
    start = Setting("method", owner.name)
    # A preset does not help where it is that of another method, or named or meant already.
    if owner.start in owner.presets and chosen.start != owner.start:
        start = Setting("preset", owner.start)
    got = (" with ", Setting("method", chosen.name))
    if owner.lack and owner.lack != chosen.lack:
        return ConfigError(
            *got,
            f", which {owner.lack}",
            option=name,
            got=value,
            cure=("pass ", start, ", or leave it out"),
        )
    *most, last = (method.title or repr(method.name) for method in owners)
    whose = f"{', '.join(most)} and {last}" if most else last
    return ConfigError(
        *got,
        option=name,
        got=value,
        cure=(f"it belongs to {whose}: pass ", start, " too"),
    )
