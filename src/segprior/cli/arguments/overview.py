"""The commands there are, and the answers to ``--help`` and ``--version``, which load no others."""

from __future__ import annotations

from segprior._version import __version__

__all__ = ["OTHERS", "SUMMARIES", "answered"]

SUMMARIES = {
    "foreground": "write a mask of the object in each image",
    "prior": "write the prior of each image: texture gone, objects left",
    "segment": "write a label map of the classes in each image",
    "analyze": "show what the prior of each image is: spectrum, edges, windows, …",
    "batch": "foreground, segment, prior or double-dip of a folder, resumably",
    "double-dip": "take each image apart: a foreground, a background and a mask",
    "evaluate": "score methods against what people drew",
    "reproduce": "make the published figures again",
}
"""What the help says of each command."""

OTHERS = {
    "analyze": "segprior.cli.commands.analyze",
    "batch": "segprior.cli.commands.batch",
    "double-dip": "segprior.cli.commands.double_dip",
    "evaluate": "segprior.cli.commands.evaluate",
    "reproduce": "segprior.cli.commands.reproduce",
}
"""Commands that are not a list of images and an output, and read their own words.

Each is a module whose ``run(argv)`` carries it out and returns the exit code; its usage errors are
`SegpriorError`, which the caller turns into one line and exit code 2.
"""

_HELP = f"""usage: segprior COMMAND IMAGE [IMAGE ...] -o OUTPUT [options]

Segment an image with nothing but that image: no training set, no labels, no weights.

commands:
{{commands}}

options:
  -h, --help     show this text, or after a command its options
  --version      show the version ({__version__}), and which loops are in use

exit codes: 0 all went well, 1 some images failed, 2 nothing could be done, 130 interrupted,
143 ended by SIGTERM, 129 by SIGHUP
"""


def answered(first: str | None) -> bool:
    """Print the help or the version, if the first word of the command line asks for it."""
    if first in ("-h", "--help", "help"):
        commands = "\n".join(f"  {name:14} {summary}" for name, summary in SUMMARIES.items())
        print(_HELP.format(commands=commands), end="")
    elif first == "--version":
        from segprior.runtime import loops

        print(f"segprior {__version__}, {loops.described()}")
    else:
        return False
    return True
