"""Image after image: read, do, write, report; nothing half-done stays behind."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from segprior.callbacks import Callback, Event, chain
from segprior.cli.execution.report import Report, complain, short_warnings
from segprior.errors import Cancelled, ImageError, OutputError, SegpriorError
from segprior.io.files.budget import limited
from segprior.io.files.source import folded, unexpected
from segprior.io.image import open_planes
from segprior.runtime import stopping

if TYPE_CHECKING:
    from segprior.cli.execution.plan import Job, Plan
    from segprior.cli.execution.task import Result, Task

__all__ = ["carry_out", "do_job", "explained", "interruptible", "work"]


def carry_out(task: Task, plan: Plan, arguments: argparse.Namespace) -> int:
    """Do a command's plan and report it.

    Parameters
    ----------
    task : Task
        What is asked of each image.
    plan : Plan
        Which images, and where the results go.
    arguments : argparse.Namespace
        As parsed: ``json`` and ``quiet``.

    Returns
    -------
    int
        The exit code.
    """
    report = Report(
        as_json=arguments.json,
        quiet=arguments.quiet,
        aside=any(job.output is None for job in plan.jobs),
        total=len(plan.jobs),
    )
    with short_warnings():
        try:
            for image, message in plan.failures:
                report.failure(image, message)
            work(plan.jobs, task, report)
        except KeyboardInterrupt:
            complain(f"{stopping.word()}; {report.done} of {len(plan.jobs)} images are done")
            return stopping.exit_code()
        finally:
            plan.tidy()
    return report.exit_code


def _stop(event: Event) -> None:
    """End a fit, whichever thread it runs in, once the command was stopped."""
    if stopping.stopped_by() is not None:
        raise Cancelled("interrupted")


@contextmanager
def interruptible() -> Iterator[Callback]:
    """Let Ctrl-C and its like end a fit in any thread, through the callback that this yields."""
    # The exception reaches the main thread only; members are fitted in others.
    with stopping.stoppable():
        yield _stop


def work(jobs: Sequence[Job], task: Task, report: Report) -> None:
    """Do all jobs; one that fails is reported and the rest go on.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts; what was finished before stays.
    """
    with interruptible() as stop:
        for job in jobs:
            try:
                facts = _one(job, task, report, stop)
            except Cancelled as error:
                raise KeyboardInterrupt from error
            except BrokenPipeError:
                raise
            except SegpriorError as error:
                report.failure(job.name, error)
            except Exception as error:
                if os.environ.get("SEGPRIOR_TRACEBACK"):
                    raise
                report.failure(job.name, explained(error))
            else:
                report.success(facts)


def _one(job: Job, task: Task, report: Report, stop: Callback) -> dict[str, object]:
    name = "standard input" if job.source is None else job.source.name
    return do_job(job, task, stop, lambda: report.progress(name))


def do_job(
    job: Job,
    task: Task,
    stop: Callback | None = None,
    progress: Callable[[], AbstractContextManager[Callback | None]] = nullcontext,
) -> dict[str, object]:
    """Read one image, do the task and write the results.

    Parameters
    ----------
    job : Job
        What becomes of which image.
    task : Task
        What is asked of it.
    stop : callable, optional
        A callback for the fit.
    progress : callable
        Makes a context that lasts as long as the fit does, and gives another callback or None.

    Returns
    -------
    dict
        For the report.

    Raises
    ------
    SegpriorError
        If it cannot be done; no file is left.
    """
    names = ("max_pixels", "max_bytes")
    with limited(**{name: task.loading[name] for name in names if name in task.loading}):
        return _done(job, task, stop, progress)


def _done(
    job: Job,
    task: Task,
    stop: Callback | None,
    progress: Callable[[], AbstractContextManager[Callback | None]],
) -> dict[str, object]:
    start = time.perf_counter()
    task.name = "stdin" if job.source is None else job.source.stem
    task.image = job.source
    result = task.of_file(job)
    if result is None:
        if (facts := task.in_tiles(job, stop, progress)) is not None:
            return _told(job, start, facts)
        planes = open_planes(_opened(job), **task.loading)
        if planes.outer:
            with progress() as bar:
                result = task.on_stack(planes, _suffix(job, task), chain(stop, bar))
        else:
            image = planes.only()
            task.check(image.full, ".png" if job.output is None else job.output.suffix)
            del planes  # the work needs room too
            with progress() as bar:
                result = task(image, chain(stop, bar))
    _write(job, result, task.ending)
    return _told(job, start, result.facts)


def _suffix(job: Job, task: Task) -> str:
    """All of the name of a result that may tell its format."""
    return task.ending if job.output is None else "".join(job.output.suffixes[-2:])


def _told(job: Job, start: float, facts: Mapping[str, object]) -> dict[str, object]:
    output = "-" if job.output is None else str(job.output)
    further = [str(job.extras[cut]) for cut in job.cuts]
    return {
        "file": job.name,
        "output": [output, *further] if further else output,
        "extras": {kind: str(path) for kind, path in job.extras.items() if kind not in job.cuts},
        "seconds": round(time.perf_counter() - start, 3),
        **facts,
    }


def _opened(job: Job) -> object:
    if job.source is not None:
        return job.source
    if sys.stdin is None or sys.stdin.isatty():
        raise ImageError("standard input is a terminal; send an image with < FILE")
    return sys.stdin.buffer


def _write(job: Job, result: Result, ending: str) -> None:
    """Write all files of one image, or none."""
    written: list[Path] = []
    try:
        for kind, path in job.extras.items():
            result.extras[kind](path)
            written.append(path)
        if job.output is None:
            _to_standard_output(result, ending)
        else:
            result.save(job.output)
    except BaseException:
        for path in written:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        raise


def _to_standard_output(result: Result, ending: str) -> None:
    with tempfile.TemporaryDirectory(prefix="segprior-") as folder:
        path = Path(folder) / f"result{ending}"
        result.save(path)
        data = path.read_bytes()
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write to standard output: {error.strerror}") from error


def explained(error: Exception) -> str:
    """Say what an error that nobody foresaw means for the user."""
    text = folded(error)
    if isinstance(error, MemoryError) or "allocate" in text or "out of memory" in text:
        return "not enough memory; pass a smaller --working-size or fewer --members"
    return f"{unexpected(error)}; please report it, with what SEGPRIOR_TRACEBACK=1 adds"
