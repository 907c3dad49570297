"""The command line; `main` is what ``segprior`` runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from segprior.runtime import stopping

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
        done (wrong usage included), 130 when interrupted, 143 and 129 when ended by SIGTERM and
        SIGHUP.
    """
    with stopping.stoppable():
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        except KeyboardInterrupt:
            with suppress(OSError):  # of a terminal that has closed
                print(f"segprior: {stopping.word()}", file=sys.stderr)
            return stopping.exit_code()
        except BrokenPipeError:
            # The reader of our output has gone, as in ``segprior ... | head``; without this,
            # Python would complain once more while it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1


def _run(words: Sequence[str]) -> int:
    # Imported here so that Ctrl-C during the imports ends as quietly as at any other time.
    from segprior.cli.arguments.overview import answered

    if words and answered(words[0]):
        return 0
    from segprior.cli.commands.dispatch import run

    return run(words)
