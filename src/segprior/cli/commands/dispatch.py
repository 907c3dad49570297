"""One command line from its words to its exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from segprior.cli.arguments.overview import OTHERS
from segprior.cli.arguments.parser import parse
from segprior.cli.commands.foreground import ForegroundTask
from segprior.cli.commands.prior import PriorTask
from segprior.cli.commands.segment import SegmentTask
from segprior.cli.execution.plan import make_plan
from segprior.cli.execution.report import complain, short_warnings
from segprior.cli.execution.task import Task
from segprior.errors import ConfigError, SegpriorError
from segprior.runtime import loops

__all__ = ["run"]

TASKS: dict[str, Callable[[argparse.Namespace], Task]] = {
    "foreground": ForegroundTask,
    "prior": PriorTask,
    "segment": SegmentTask,
}


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code; see :func:`segprior.cli.main`."""
    try:
        return _run(argv)
    except BrokenPipeError:
        raise
    except OSError as error:  # where merely asking fails, as for a name that is too long
        if error.filename is None or os.environ.get("SEGPRIOR_TRACEBACK"):
            raise  # of standard output
        complain(f"{_shortened(error.filename)}: {error.strerror or error}; choose another")
        return 2


def _note_plain_loops(argv: Sequence[str]) -> None:
    """Say once that loops were not compiled, unless help alone was asked for."""
    if {"-h", "--help"} & set(argv):
        return
    with short_warnings():
        are_there, trouble = loops.are_there(), loops.is_broken()
    if not are_there and not trouble:
        complain(f"no compiled loops here: all is slower, and priors need PyTorch; {loops.CURE}")


def _shortened(name: object) -> str:
    text = str(name)
    return text if len(text) <= 80 else f"{text[:60]}…{text[-16:]}"


def _run(argv: Sequence[str]) -> int:
    try:
        if argv and argv[0] in OTHERS:
            _note_plain_loops(argv)
            module = importlib.import_module(OTHERS[argv[0]])
            return int(module.run(list(argv[1:])))
        name, arguments = parse(argv)
        _note_plain_loops(argv)
    except SystemExit as done:  # how argparse ends after the help
        return int(done.code or 0)
    except SegpriorError as error:
        complain(error)
        return 2
    try:
        task = TASKS[name](arguments)
        plan = make_plan(
            arguments.images,
            arguments.output,
            extras=task.extras,
            suffixes=task.suffixes,
            keep=task.reads,
            ending=task.ending,
            cuts=task.cuts,
            places=task.places,
        )
        piped = any(job.output is None for job in plan.jobs)
        if piped and getattr(sys.stdout, "name", "") == os.devnull:
            raise ConfigError("standard output is closed; pass -o FILE")
        if piped and sys.stdout.isatty():
            raise ConfigError("standard output is a terminal; pass -o FILE, or send it on with >")
    except SegpriorError as error:
        complain(error)
        return 2
    from segprior.cli.execution.work import carry_out

    return carry_out(task, plan, arguments)
