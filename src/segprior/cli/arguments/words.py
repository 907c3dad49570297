"""What the parsers of all commands are made of, and how they read their words."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from segprior.cli.arguments.values import (
    axis,
    byte_count,
    no_data,
    pixel_count,
    value_range,
    whole,
)
from segprior.config.presets import Presets
from segprior.errors import ConfigError

__all__ = [
    "Command",
    "Parser",
    "add_input",
    "add_preset",
    "add_running",
    "chosen_word",
    "image_parser",
    "meant",
    "new_parser",
    "read_words",
]


class Command(NamedTuple):
    """One command: the configuration it fills, and what its help says."""

    config: type[Presets]
    description: str
    examples: str


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are exceptions of one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong instead of printing the usage and leaving."""
        option, _, complaint = message.removeprefix("argument ").partition(": ")
        if complaint == "expected one argument":
            message = f"{option} needs a value"
        elif complaint.startswith("ignored explicit argument"):
            message = f"{option} takes no value"
        elif complaint:
            message = f"{option}: {complaint}"
        raise ConfigError(f"{message}; see {self.prog} --help")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse's own keeps quiet about what could not be written.
        print(message, end="", file=file)


def new_parser(name: str, usage: str, description: str, epilog: str) -> Parser:
    """Make a parser without arguments; the groups in which they stand make its help."""
    return Parser(
        prog=f"segprior {name}",
        usage=f"segprior {name} {usage} [options]",
        description=description,
        epilog=epilog,
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )


def image_parser(name: str, command: Command, output: str, also: str = "") -> Parser:
    """Make the parser of a command of the shape ``IMAGE -o OUTPUT``, with its images only.

    Parameters
    ----------
    name : str
        What it is called.
    command : Command
        Its configuration and the texts of its help.
    output : str
        What the usage calls its output.
    also : str
        What an image may be beside an image, for the help.
    """
    parser = new_parser(
        name,
        f"IMAGE [IMAGE ...] -o {output}",
        command.description,
        f"examples:\n  {command.examples}",
    )
    parser.add_argument_group("images").add_argument(
        "images",
        nargs="*",
        metavar="IMAGE",
        help=f"files, folders (all images in them), or - for standard input{also}",
    )
    return parser


def add_preset(parser: Parser, config: type[Presets]) -> argparse._ArgumentGroup:
    """Add the choice of a preset; return its group, "settings"."""
    group = parser.add_argument_group("settings")
    group.add_argument(
        "--preset",
        metavar="|".join(config.presets),
        help="where all settings below start from; the first is the default",
    )
    return group


def add_input(group: argparse._ArgumentGroup) -> None:
    """Add how images are read to the group "input"."""
    _add(
        group,
        "--page",
        "N",
        "which page, frame or plane of several, from 0 [all, in formats that hold them]",
        whole,
    )
    _add(
        group,
        "--channel-axis",
        "N|none",
        "which axis of an array holds the channels; none if grey [-1, the last]",
        axis,
    )
    _add(
        group,
        "--axes",
        "LETTERS",
        "a letter for each axis of an array or file, such as TZCYX: Y rows, X columns, C channels, "
        "any others planes [those that the file names]",
    )
    _add(
        group,
        "--project",
        "max|mean",
        "join all planes into one image",
    )
    _add(
        group,
        "--alpha",
        "auto|drop|composite|keep|only",
        "leave transparency out, lay the image over white, keep it as a channel, or take it for "
        "the image; auto leaves it out, what is wholly transparent as pixels without data, or "
        "takes it if all the rest has one colour [auto]",
    )
    _add(
        group,
        "--value-range",
        "auto|full|LOW,HIGH",
        "stored values that become black and white, such as 0,4095; full is the range of the type, "
        "and auto stretches an image that uses little of it [auto]",
        value_range,
    )
    _add(
        group,
        "--nodata",
        "VALUE|none",
        "the value of pixels without data, which are left out; nan too [what the file says]",
        no_data,
    )
    _add(
        group,
        "--max-pixels",
        "N|none",
        "refuse larger images; 100M is 100 megapixels [64M]",
        pixel_count,
    )
    _add(
        group,
        "--max-bytes",
        "BYTES",
        "refuse files that take more memory, all channels counted, such as 2G "
        "[a quarter of the memory there is]",
        byte_count,
    )


def add_running(parser: Parser) -> None:
    """Add seed, device and help."""
    group = parser.add_argument_group("running")
    _add(group, "--seed", "N", "the same seed gives the same result [0]", whole)
    _add(group, "--device", "auto|cpu|cuda|mps", "where to compute [auto]")
    group.add_argument("-h", "--help", action="help", help="show this text")


def _add(
    group: argparse._ArgumentGroup,
    flag: str,
    shown: str,
    text: str,
    read: Callable[[str], object] = str,
) -> None:
    """Add an option that is among the arguments only if it was given."""
    group.add_argument(flag, type=read, default=argparse.SUPPRESS, metavar=shown, help=text)


def chosen_word(argv: Sequence[str], names: Sequence[str], kind: str, prog: str, text: str) -> str:
    """Read the first word after a command that has commands of its own.

    Parameters
    ----------
    argv : sequence of str
        The words after the command.
    names : sequence of str
        What may stand there.
    kind : str
        What those are.
    prog : str
        The command.
    text : str
        Its help.

    Raises
    ------
    ConfigError
        If it is none of them.
    SystemExit
        After the help was printed.
    """
    first = argv[0] if argv else ""
    if first in ("-h", "--help", "help"):
        print(text, end="")
        raise SystemExit(0)
    if first in names:
        return first
    what = f"no {kind} {first!r}{meant(first, names)}" if argv else f"no {kind}"
    *most, last = names
    raise ConfigError(f"{what}; choose {', '.join(most)} or {last}, or see {prog} --help")


def read_words(parser: Parser, words: Sequence[str]) -> argparse.Namespace:
    """Read the words after a command, in any order; those after ``--`` are images.

    Raises
    ------
    ConfigError
        On wrong usage, also if there are images where the command takes none.
    SystemExit
        After the help was printed.
    """
    # argparse loses what follows -- when options and images come in any order.
    end = words.index("--") if "--" in words else len(words)
    arguments, unknown = parser.parse_known_intermixed_args(list(words[:end]))
    if "images" in arguments:
        arguments.images = [*arguments.images, *words[end + 1 :]]
    else:
        unknown = [*unknown, *words[end + 1 :]]
    if unknown:
        wrong = unknown[0].split("=", 1)[0]
        if not wrong.startswith("-"):
            raise ConfigError(f"{parser.prog} has no use for {wrong!r}; see {parser.prog} --help")
        known = [flag for action in parser._actions for flag in action.option_strings]
        raise ConfigError(f"no option {wrong!r}{meant(wrong, known)}; see {parser.prog} --help")
    return arguments


def meant(typed: str, names: Sequence[str]) -> str:
    """Ask whether a name that looks like the one typed was meant; empty if none does."""
    close = difflib.get_close_matches(typed, names, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Wraps the description but keeps the lines of the examples."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)
