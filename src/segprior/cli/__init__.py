"""The command line; `main` is what ``segprior`` runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; those of the process by default.

    Returns
    -------
    int
        The exit code: 0 when all went well, 1 when some images failed, 2 when nothing could be
        done (wrong usage included), 130 when interrupted.
    """
    # Imported here so that Ctrl-C during the imports ends as quietly as at any other time.
    try:
        from segprior.cli.arguments.overview import answered

        words = sys.argv[1:] if argv is None else argv
        if words and answered(words[0]):
            return 0
        from segprior.cli.commands.dispatch import run

        return run(words)
    except KeyboardInterrupt:
        print("segprior: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone, as in ``segprior ... | head``; without this,
        # Python would complain once more while it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
