"""``segprior batch``: one command for a whole tree of images, resumable."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segprior.cli.arguments.options import add_options, given, in_words
from segprior.cli.arguments.parser import command_parser
from segprior.cli.arguments.words import Parser, chosen_word, read_words
from segprior.cli.commands.clicks import Clicks
from segprior.cli.commands.double_dip import DoubleDipTask
from segprior.cli.commands.double_dip import make_parser as make_layers_parser
from segprior.cli.commands.foreground import ForegroundTask
from segprior.cli.commands.prior import PriorTask
from segprior.cli.commands.segment import SegmentTask
from segprior.cli.execution.large import OF_ONE
from segprior.cli.execution.plan import Job, endings_beside
from segprior.cli.execution.report import complain, plain, short_warnings
from segprior.cli.execution.task import Task
from segprior.cli.execution.work import do_job, explained
from segprior.config.running import BatchConfig
from segprior.errors import ConfigError, SegpriorError
from segprior.io.files.source import folded
from segprior.messages import shown
from segprior.runtime import stopping

if TYPE_CHECKING:
    from segprior.batch.items import Item
    from segprior.batch.run import Progress

__all__ = ["make_parser", "run"]

_TASKS: dict[str, Callable[[argparse.Namespace], Task]] = {
    "double-dip": DoubleDipTask,
    "foreground": ForegroundTask,
    "prior": PriorTask,
    "segment": SegmentTask,
}
# Not scores of the image, or elsewhere in the manifest.
_NO_SCORES = ("file", "output", "extras", "seconds", "seed", "settings", "curves", "warnings")

_HELP = """usage: segprior batch COMMAND IN -o OUT [options]

Do the same with every image of a folder and its subfolders, or of a text file of paths. OUT gets
the same tree, and manifest.jsonl with a line for each image. Run it again and only what is missing
or has changed is done, also after a crash.

commands:
  double-dip     a folder PATH/STEM/ for each image
  foreground     a mask PATH/STEM.png for each image
  prior          a prior PATH/STEM.png for each image
  segment        a label map PATH/STEM.png for each image

options:
  -h, --help     show this text, or after a command its options
"""


def run(argv: Sequence[str]) -> int:
    """Carry out ``segprior batch``; see :func:`segprior.cli.main`."""
    first = chosen_word(argv, [*_TASKS], "command", "segprior batch", _HELP)
    arguments = read_words(make_parser(first), argv[1:])
    return _carry_out(first, arguments)


def make_parser(name: str) -> Parser:
    """Make the parser of the single command into that of its batch."""
    parser = make_layers_parser() if name == "double-dip" else command_parser(name)
    result = "a folder PATH/STEM/" if name == "double-dip" else "PATH/STEM.png"
    parser.prog = f"segprior batch {name}"
    parser.usage = f"segprior batch {name} IN -o OUT [options]"
    parser.epilog = (
        f"examples:\n  segprior batch {name} photos/ -o results/\n"
        f"  segprior batch {name} list.txt -o results/ --workers 4 --json\n"
        f"  segprior batch {name} incoming/ -o results/ --pattern '*.tif' --watch\n"
        f"  segprior batch {name} s3://bucket/photos -o s3://bucket/results --dask tcp://HOST:8786"
    )
    for action in parser._actions:
        if action.dest == "images":
            action.metavar = "IN"
            action.help = (
                "a folder, with its subfolders; or a text file with the path of an image on each "
                "line; or a URL of either, such as s3://BUCKET/FOLDER"
            )
        elif action.dest == "output":
            action.metavar = "OUT"
            action.help = (
                f"the folder of the results, or a URL, made if missing: {result} for each, PATH "
                "as below IN, and manifest.jsonl. Existing files are replaced."
            )
        elif action.dest == "json":
            action.help = "print the line of the manifest of each image as it is finished"
        elif action.dest == "format":
            action.help = "what is written [png]"
        elif action.dest in OF_ONE:
            action.help = argparse.SUPPRESS
    add_options(parser, BatchConfig, {BatchConfig: "many images"})
    group = next(group for group in parser._action_groups if group.title == "many images")
    group.add_argument(
        "--pattern",
        action="append",
        default=[],
        metavar="GLOB",
        help="take what fits, such as '*.tif', or with a / what fits with its path below IN; may "
        "be repeated [all suffixes of images]",
    )
    if name == "foreground":
        group.add_argument(
            "--clicks",
            metavar="FILE.csv",
            help="points that mark the object in each image, in columns image,row,column,label: "
            "the image as in the manifest, rows and columns from 0, the label 1 on the object and "
            "0 on ground",
        )
    group.add_argument(
        "--watch",
        action="store_true",
        help="go on taking new and changed images until Ctrl-C; each when it has stayed the same "
        "between two looks",
    )
    group.add_argument(
        "--verify",
        action="store_true",
        help="read all results of earlier runs, and make again what is not as it was written; "
        "without it the sizes are compared, and the bytes of files up to 1 MB on this machine",
    )
    return parser


@dataclass(frozen=True)
class _Work:
    """What a worker does with one image: the single command, without its words."""

    task: Task
    clicks: Clicks | None = None

    def __call__(self, item: Item) -> dict[str, Any]:
        job = Job(name=str(item.source), source=item.source, output=item.output, extras=item.extras)
        try:
            with warnings.catch_warnings(record=True) as caught:
                task = self.task if self.clicks is None else self.clicks.of(item.name)
                facts: dict[str, Any] = do_job(job, task)
            for warning in caught:  # into the manifest, options as they are typed
                warnings.warn(in_words(warning.message), warning.category, stacklevel=2)
        except SegpriorError as error:
            raise type(error)(in_words(error)) from error
        except Exception as error:
            if os.environ.get("SEGPRIOR_TRACEBACK"):
                traceback.print_exc()
            raise SegpriorError(explained(error)) from error
        for text in facts.get("warnings", ()):
            warnings.warn(text, stacklevel=2)  # into the manifest
        scores: dict[str, Any] = plain(
            {name: value for name, value in facts.items() if name not in _NO_SCORES}
        )
        return scores


def _carry_out(name: str, arguments: argparse.Namespace) -> int:
    from segprior.batch.run import run_batch

    if len(arguments.images) != 1:
        count = len(arguments.images) or "none"
        raise ConfigError(f"got {count} of IN; name one folder, or one text file of paths")
    if arguments.output is None:
        raise ConfigError("no output; add -o FOLDER")
    for dest, flag in OF_ONE.items():
        if getattr(arguments, dest, None) is not None:
            raise ConfigError(f"{flag} is for one image; use it with segprior {name}")
    source = arguments.images[0]
    arguments.images = [source, source]  # the tasks refuse what suits one image only
    task = _TASKS[name](arguments)
    seed = task.calling.get("seed", 0)
    first = f"_{task.cuts[0]}" if task.cuts else ""
    settings = {
        "command": name,
        "config": task.config.to_dict(),  # type: ignore[attr-defined]
        "format": getattr(task, "format", None),
        **({"cuts": task.cuts} if task.cuts else {}),
        **({"cutout": arguments.save_cutout} if "cutout" in task.extras else {}),
        "loading": task.loading,
        "device": task.calling.get("device", "auto"),
    }
    clicks: Clicks | None = None
    if isinstance(task, ForegroundTask) and arguments.clicks is not None:
        clicks = Clicks.read(arguments.clicks, task)
        settings["clicks"] = clicks.digest()
    report = _Report(quiet=arguments.quiet, as_json=arguments.json, output=arguments.output)
    with short_warnings():
        try:
            run_batch(
                _Work(task, clicks),
                source,
                arguments.output,
                settings=settings,
                seed=seed,
                patterns=arguments.pattern,
                extras=endings_beside(task.extras, task.cuts, task.ending),
                ending="" if name == "double-dip" else first + task.ending,
                watch=arguments.watch,
                verify=arguments.verify,
                config=BatchConfig(**given(BatchConfig, arguments)),
                callback=report,
            )
        except KeyboardInterrupt:
            report.close()
            again = "" if arguments.watch else "; run the same command again to go on from there"
            complain(f"{stopping.word()}; {report.counts()}{again}")
            return stopping.exit_code()
        finally:
            report.close()
    return report.end()


class _Report:
    """Tells of a batch: a bar on a terminal, failures at once, and a sum at the end."""

    def __init__(self, *, quiet: bool, as_json: bool, output: str) -> None:
        self._quiet = quiet
        self._json = as_json
        self._output = output
        self._bar: Any = None
        self._last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        self._last = progress
        self._show(progress)
        row = progress.row
        if row is None:
            return
        if self._json:
            print(json.dumps(row), flush=True)
        for warning in row.get("warnings", ()):
            self._complain(f"{row['input']}: warning: {warning}")
        if row["error"] is not None:
            text = folded(row["error"])
            self._complain(text if row["input"] in text else f"{row['input']}: {text}")

    def _complain(self, text: str) -> None:
        if self._bar is not None:
            self._bar.clear()
        complain(text)

    def _show(self, progress: Progress) -> None:
        if self._bar is None:
            from tqdm import tqdm

            # What was done before took no time, and has no part in the rate.
            self._bar = tqdm(
                desc="images", unit="image", leave=False, file=sys.stderr, initial=progress.kept,
                disable=self._quiet or not sys.stderr.isatty(),
            )  # fmt: skip
        bar = self._bar
        bar.total = progress.total
        if progress.failed:
            bar.set_postfix_str(f"{progress.failed} failed", refresh=False)
        bar.update(progress.done + progress.kept + progress.failed - bar.n)
        bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def counts(self) -> str:
        """Say in words how many."""
        last = self._last
        if last is None:
            return "nothing was begun"
        parts = [f"{last.done} done"]
        if last.kept:
            parts.append(f"{last.kept} kept from before")
        if last.failed:
            parts.append(f"{last.failed} failed")
        text = f"{', '.join(parts)} of {last.total}"
        if last.empty:
            text += f'; {last.empty} with nothing told apart ("empty" in manifest.jsonl)'
        return text

    def end(self) -> int:
        """Tell the sum; return the exit code."""
        if not self._quiet and not self._json:
            print(shown(f"{self._output}: {self.counts()}"), flush=True)
        last = self._last
        if last is None or not last.failed:
            return 0
        return 1 if last.done or last.kept else 2
