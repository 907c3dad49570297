"""Command-line options made from the configuration classes, which stay the one home of defaults.

Name, type, help and default of an option are read from the field it sets: from its annotation,
its entry in the class's numpydoc docstring, and its value in each preset. An option that is not
given stays ``None``, which means "as the preset says".
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from segprior.cli.arguments.values import (
    block_list,
    byte_count,
    byte_count_or_none,
    number,
    number_list,
    number_or_none,
    number_or_numbers,
    pixel_count,
    range_or_none,
    whole,
    whole_or_full,
    whole_or_none,
)
from segprior.config.presets import Presets, field_names
from segprior.config.prior import PriorConfig
from segprior.errors import InParts
from segprior.messages import NOTHING, Setting
from segprior.methods.config import MethodConfig
from segprior.methods.registry import methods as known_methods
from segprior.methods.registry import option_owners

__all__ = ["Option", "add_options", "flag_of", "given", "in_words", "options_of"]

# Where the command line says a thing in fewer words than the field's name does.
_FLAGS = {"n_clusters": "--clusters"}
_METAVARS = {"working_size": "PIXELS|full", "dask": "ADDRESS|local"}
_NOTES = {
    "coarseness": "Several, as in 0,.5,1, write STEM_0.png, STEM_0.5.png and STEM_1.png.",
    "snapshots": "Also writes STEM_epochs.png, the prior at each of them.",
}


# The configuration of each preset, by its name.
Configs = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Option:
    """One option that sets one field of a configuration.

    Attributes
    ----------
    field : str
        The field it sets; also the attribute of the parsed arguments.
    flag : str
        What the user types.
    owner : type
        The configuration class that holds the field.
    help : str
        The field's description, with its default in each preset.
    metavar : str
        What the help shows in place of a value; empty for a switch.
    convert : callable or None
        From the text typed to the value; None for a switch.
    methods : str
        Which methods have it, where it is not for all.
    """

    field: str
    flag: str
    owner: type[Presets]
    help: str
    metavar: str
    convert: Callable[[str], Any] | None
    methods: str = ""


def flag_of(name: str) -> str:
    """Return what is typed for a field."""
    return _FLAGS.get(name, "--" + name.replace("_", "-"))


def _nothing(name: str) -> str:
    """The word for None in a field."""
    return "full" if name == "working_size" else "none"


def _reader(name: str, annotation: Any) -> tuple[str, Callable[[str], Any] | None]:
    """Metavar and converter for a field of some type."""
    simple: dict[Any, tuple[str, Callable[[str], Any] | None]] = {
        bool: ("", None),
        int: ("N", whole),
        float: ("X", number),
        str: ("TEXT", str),
        tuple[int, ...]: ("N,N,...", number_list),
        tuple[float, float] | None: ("FIRST,LAST|none", range_or_none),
        tuple[tuple[str, int], ...]: ("BLOCK:N,...", block_list),
    }
    if name == "memory":
        return "BYTES", byte_count
    if name == "max_bytes":
        return "BYTES|none", byte_count_or_none
    if name == "max_pixels":
        return "N|none", pixel_count
    if name == "coarseness":
        return "X,X,...", number_or_numbers
    if annotation in simple:
        return simple[annotation]
    if typing.get_origin(annotation) is Literal:
        return "|".join(map(str, typing.get_args(annotation))), str
    if annotation == float | None:
        return f"X|{_nothing(name)}", number_or_none
    if isinstance(annotation, types.UnionType) and set(annotation.__args__) == {int, type(None)}:
        read = whole_or_full if name == "working_size" else whole_or_none
        return f"N|{_nothing(name)}", read
    raise TypeError(f"no command-line form for a field of type {annotation}")


def _described(cls: type) -> dict[str, str]:
    """Descriptions in the ``Parameters`` section of a numpydoc docstring, in the shell's words."""
    # Docstrings are absent under ``python -OO``.
    text = inspect.cleandoc(cls.__doc__ or "")
    section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n\w+\n-+\n|\Z)", text, re.M | re.S)
    found: dict[str, str] = {}
    entries = r"^(\w+) :[^\n]*\n((?:[ \t]+[^\n]*\n?|\n)*)"
    for entry in re.finditer(entries, section[1] if section else "", re.M):
        plain = re.sub(r":\w+:`~?([^`]*)`|`+", lambda m: m[1] or "", entry[2])
        plain = re.sub(r"\bNone\b", _nothing(entry[1]), plain)
        plain = re.sub(r'\("(\w+)", (\d+)\)', r"\1:\2", plain)
        found[entry[1]] = " ".join(plain.split())
    return found


def _shown(name: str, value: object) -> str:
    if value is None:
        return _nothing(name)
    if name == "memory":
        return f"{int(str(value)) / 2**30:g}G"
    if name == "max_pixels":
        return f"{int(str(value)) / 1e6:g}M"
    if isinstance(value, bool) or value == ():
        return ""
    if isinstance(value, tuple):
        return ",".join(":".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in value)
    return str(value)


def _default(cls: type[Presets], owner: type[Presets], name: str, presets: Configs) -> str:
    """Say what each preset of ``cls`` holds in ``name``, briefly."""
    values, chosen = {}, set()
    for preset, config in presets.items():
        holder = config
        if owner is not cls:
            holder = config.prior if owner is PriorConfig else config.options
        if hasattr(holder, name):
            values[preset] = _shown(name, getattr(holder, name))
            chosen.add(getattr(config, "method", None))
    if issubclass(cls, MethodConfig):
        for method in option_owners(cls.kind).get(name, []):
            if method.name not in chosen:  # it has a default of its own
                values[method.name] = _shown(name, getattr(method.config(), name))
    if len(set(values.values())) == 1:
        value = next(iter(values.values()))
        return f"[{value}]" if value else ""
    return f"[{', '.join(f'{preset}: {value}' for preset, value in values.items())}]"


def options_of(cls: type[Presets]) -> Iterator[Option]:
    """Yield an option for every field of a configuration, of its prior's, and of all its methods'.

    A field of the prior's whose name another one uses too is left out, since the name alone would
    not tell which is meant.
    """
    own = field_names(cls)
    presets = {name: cls.preset(name) for name in cls.presets}
    methods = [*known_methods(cls.kind).values()] if issubclass(cls, MethodConfig) else []
    of_methods: dict[str, type[Presets]] = {}
    for method in methods:
        for name in field_names(method.config):
            of_methods.setdefault(name, method.config)
    if "prior" in own:
        for name in field_names(PriorConfig):
            if name not in own and name not in of_methods:
                yield _option(cls, PriorConfig, name, presets)
    for name in own:
        if name not in ("prior", "options"):
            yield _option(cls, cls, name, presets)
    for name, owner in of_methods.items():
        yield _option(cls, owner, name, presets)


def _option(cls: type[Presets], owner: type[Presets], name: str, presets: Configs) -> Option:
    """The option for a field of ``cls`` or of a configuration inside it."""
    described: dict[str, str] = {}
    for base in reversed(owner.__mro__):
        described |= _described(base)
    text = [described.get(name), _NOTES.get(name), _default(cls, owner, name, presets)]
    metavar, convert = _reader(name, typing.get_type_hints(owner)[name])
    title = ""
    if issubclass(cls, MethodConfig):
        methods = known_methods(cls.kind)
        if name == "method":
            metavar = "|".join(methods)
            text.insert(1, "; ".join(f"{m.name}: {m.summary}" for m in methods.values()) + ".")
        elif owner not in (cls, PriorConfig):
            title = ", ".join(m.name for m in option_owners(cls.kind)[name])
    return Option(
        field=name,
        flag=flag_of(name),
        owner=owner,
        help=" ".join(filter(None, text)),
        metavar=_METAVARS.get(name, metavar),
        convert=convert,
        methods=title,
    )


def add_options(
    parser: argparse.ArgumentParser, cls: type[Presets], titles: Mapping[type[Presets], str]
) -> None:
    """Add the options of a configuration to a parser, grouped by the class that owns them."""
    # ``--working-size full`` is None too, so an option that is absent must leave no trace at all:
    # hence argparse.SUPPRESS below.
    groups = {title: parser.add_argument_group(title) for title in titles.values()}
    for option in options_of(cls):
        title = f"settings of {option.methods}" if option.methods else titles[option.owner]
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        group = groups[title]
        # argparse takes % in a help text as the start of a format.
        text = option.help.replace("%", "%%")
        if option.convert is None:
            group.add_argument(
                option.flag,
                dest=option.field,
                action="store_true",
                default=argparse.SUPPRESS,
                help=text,
            )
        else:
            group.add_argument(
                option.flag,
                dest=option.field,
                type=option.convert,
                metavar=option.metavar,
                default=argparse.SUPPRESS,
                help=text,
            )


def given(cls: type[Presets], arguments: argparse.Namespace) -> dict[str, Any]:
    """Collect the fields that the user set, leaving the rest to the preset."""
    fields = {option.field for option in options_of(cls)}
    return {name: value for name, value in vars(arguments).items() if name in fields}


def in_words(message: object) -> str:
    """Return what an error says, with options as they are typed: ``--window 4``."""
    return message.text(_typed) if isinstance(message, InParts) else str(message)


def _typed(setting: Setting) -> str:
    if setting == NOTHING:
        return "none"
    if not setting.name.isidentifier():  # a part of an option, described
        return str(setting)
    flag = flag_of(setting.name)
    if setting.value is ... or setting.value is True:  # a switch has no value
        return flag
    return f"{flag} {'none' if setting.value is None else repr(setting.value)}"
