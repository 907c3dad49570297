"""Options and presets that another command has: which one, for who types them at the wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segprior.cli.arguments.parser import COMMANDS, command_parser
from segprior.cli.arguments.words import Parser
from segprior.errors import ConfigError, SegpriorError, UnknownNameError

__all__ = ["pointed"]


def pointed(error: SegpriorError, argv: Sequence[str]) -> SegpriorError:
    """Name the commands that take what this one does not know.

    Parameters
    ----------
    error : SegpriorError
        What went wrong.
    argv : sequence of str
        The words of the command line.

    Returns
    -------
    SegpriorError
        The error itself if it is another one, or no command takes it.
    """
    if not isinstance(error, UnknownNameError):
        return error
    many = argv[0] == "batch"
    here = argv[1] if many else argv[0]
    whole = f"segprior {'batch ' if many else ''}"
    takers = [
        f"{whole}{name}"
        for name, parser in _parsers(many)
        if name != here and _takes(parser, error)
    ]
    if not (takers or many) and here in COMMANDS and _takes(_of_many(here), error):
        takers = [f"segprior batch {here}"]
    if not takers:
        return error
    *most, last = takers
    whose = f"{', '.join(most)} and {last} take" if most else f"{last} takes"
    return ConfigError(f"no {error.what} {error.name!r} for {whole}{here}", cure=f"{whose} it")


def _parsers(many: bool) -> Iterator[tuple[str, Parser]]:
    """The parsers of the commands that work on images."""
    from segprior.cli.commands import analyze, double_dip

    for name in COMMANDS:
        yield name, command_parser(name)
    yield "double-dip", double_dip.make_parser()
    if not many:
        yield "analyze", analyze.make_parser()


def _of_many(name: str) -> Parser:
    from segprior.cli.commands import batch

    return batch.make_parser(name)


def _takes(parser: Parser, error: UnknownNameError) -> bool:
    for action in parser._actions:
        if error.what == "option" and error.name in action.option_strings:
            return True
        if error.what == "preset" and action.dest == "preset":
            return error.name in str(action.metavar).split("|")
    return False
