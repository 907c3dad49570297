"""The command line; `main` is what ``segprior`` runs."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from segprior.messages import shown
from segprior.runtime import stopping

__all__ = ["main"]


# How the few signs of our texts that not every terminal has are written there.
_PLAIN = "segprior.plain"
_SIGNS = {"\N{HORIZONTAL ELLIPSIS}": "...", "\N{MULTIPLICATION SIGN}": "x"}


def _in_plain_signs(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError) and error.object[error.start] in _SIGNS:
        return _SIGNS[error.object[error.start]], error.start + 1
    return codecs.backslashreplace_errors(error)


codecs.register_error(_PLAIN, _in_plain_signs)


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
    _prepare_streams()
    with stopping.stoppable():
        try:
            code = _run(sys.argv[1:] if argv is None else argv)
            sys.stdout.flush()
            return code
        except KeyboardInterrupt:
            _say(stopping.word())
            return stopping.exit_code()
        except BrokenPipeError:  # the reader of our output has gone, as in ``segprior ... | head``
            _leave_output()
            return 1
        except OSError as error:
            if os.environ.get("SEGPRIOR_TRACEBACK"):
                raise
            _leave_output()
            _say(f"cannot write to standard output: {error.strerror or error}")
            return 2


def _prepare_streams() -> None:
    """Let all texts be printed, in whatever a terminal can show, or nowhere if there is none."""
    # Without a console, and where a shell has closed them, they are None.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN)


def _say(text: str) -> None:
    with suppress(OSError):  # of a terminal that has closed
        print(f"segprior: {shown(text)}", file=sys.stderr)


def _leave_output() -> None:
    """Let what could not be written go; Python would complain of it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: Sequence[str]) -> int:
    # Imported here so that Ctrl-C during the imports ends as quietly as at any other time.
    from segprior.cli.arguments.overview import answered

    if words and answered(words[0]):
        return 0
    from segprior.cli.commands.dispatch import run
    from segprior.runtime.asides import apart

    with apart():
        return run(words)
