"""One command line from its words to its exit code."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence

from segprior.cli._options import spoken
from segprior.cli._parser import COMMANDS, OTHERS, parse
from segprior.cli._plan import Plan, make_plan
from segprior.cli._report import Report, complain, short_warnings
from segprior.cli._segment import SegmentTask
from segprior.cli._tasks import ForegroundTask, PriorTask, Task
from segprior.errors import ConfigError, SegpriorError

__all__ = ["run"]

TASKS: dict[str, Callable[[argparse.Namespace], Task]] = {
    "foreground": ForegroundTask,
    "prior": PriorTask,
    "segment": SegmentTask,
}


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code; see :func:`segprior.cli.main`."""
    try:
        if argv and argv[0] in OTHERS:
            module = importlib.import_module(OTHERS[argv[0]].module)
            return int(module.run(list(argv[1:])))
        name, arguments = parse(argv)
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
        )
        if any(job.output is None for job in plan.jobs) and sys.stdout.isatty():
            raise ConfigError("standard output is a terminal; pass -o FILE, or send it on with >")
    except SegpriorError as error:
        complain(spoken(COMMANDS[name].config, error))
        return 2
    return _carry_out(name, task, plan, arguments)


def _carry_out(name: str, task: Task, plan: Plan, arguments: argparse.Namespace) -> int:
    from segprior.cli._work import work

    report = Report(
        as_json=arguments.json,
        quiet=arguments.quiet,
        aside=any(job.output is None for job in plan.jobs),
        total=len(plan.jobs),
        wording=lambda text: spoken(COMMANDS[name].config, text),
    )
    with short_warnings():
        try:
            for image, message in plan.failures:
                report.failure(image, message)
            work(plan.jobs, task, report)
        except KeyboardInterrupt:
            complain(f"interrupted; {report.done} of {len(plan.jobs)} images are done")
            return 130
        finally:
            plan.tidy()
    return report.exit_code
