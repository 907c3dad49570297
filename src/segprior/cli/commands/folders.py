"""Commands that make a folder of each image: their words, and their way through the images."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

from segprior.cli.arguments.options import add_options
from segprior.cli.arguments.words import (
    Command,
    Parser,
    add_input,
    add_preset,
    add_running,
    image_parser,
    read_words,
)
from segprior.cli.execution.plan import make_folder_plan
from segprior.cli.execution.task import Task
from segprior.config.presets import Presets
from segprior.errors import ConfigError

__all__ = ["folder_parser", "run_folders"]


def folder_parser(name: str, command: Command, titles: Mapping[type[Presets], str]) -> Parser:
    """Make the parser of a command whose output is a folder.

    Parameters
    ----------
    name : str
        What it is called.
    command : Command
        Its configuration and the texts of its help.
    titles : mapping of type to str
        Headings of its settings, by the configuration that owns them.
    """
    parser = image_parser(name, command, "FOLDER")
    group = parser.add_argument_group("output")
    group.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help="where the files go, made if missing; of several images, each gets a folder STEM in "
        "it. Existing files of the same names are replaced.",
    )
    group.add_argument(
        "--json", action="store_true", help="report as one JSON object per image and line"
    )
    group.add_argument("--quiet", "-q", action="store_true", help="report nothing but errors")
    add_preset(parser, command.config)
    add_options(parser, command.config, titles)
    for action in parser._actions:
        if action.dest == "snapshots" and action.help:
            action.help = action.help.replace("STEM_epochs.png", "epochs.png")
    add_input(parser.add_argument_group("input"))
    add_running(parser)
    return parser


def run_folders(
    parser: Parser,
    make_task: Callable[[argparse.Namespace], Task],
    argv: Sequence[str],
) -> int:
    """Carry out such a command.

    Parameters
    ----------
    parser : Parser
        As from `folder_parser`, perhaps with more options.
    make_task : callable
        From the arguments to what is asked of each image; its `Result.save` is given the folder.
    argv : sequence of str
        The words after the command.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    SegpriorError
        If nothing could be done.
    """
    arguments = read_words(parser, argv)
    if not arguments.images:
        raise ConfigError("no image; name files, a folder, or - for standard input")
    task = make_task(arguments)
    plan = make_folder_plan(arguments.images, arguments.output)
    from segprior.cli.execution.work import carry_out

    return carry_out(task, plan, arguments)
