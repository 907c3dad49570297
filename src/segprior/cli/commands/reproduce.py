"""``segprior reproduce``: the published figures, made again."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from segprior.callbacks import Event, ProgressBar, chain
from segprior.cli.arguments.options import add_options, given
from segprior.cli.arguments.words import Parser, add_preset, add_running, new_parser, read_words
from segprior.cli.execution.report import complain, short_warnings
from segprior.config.analysis import ReproduceConfig
from segprior.config.prior import PriorConfig
from segprior.errors import Cancelled, ConfigError
from segprior.messages import shown
from segprior.runtime import stopping

__all__ = ["Bars", "run"]

_EXAMPLES = (
    "segprior reproduce -o figures/\n  segprior reproduce --data paper/ -o figures/ --only figure4"
)


def run(argv: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    arguments = read_words(_parser(), argv)
    if arguments.output is None:
        raise ConfigError("no output; add -o FOLDER")
    calling: dict[str, Any] = {}
    if "device" in arguments:
        calling["device"] = arguments.device
    if "seed" in arguments:
        calling["rng"] = arguments.seed
    only = [name for names in arguments.only for name in names.split(",") if name]
    from segprior.analysis.reproduction.reproduce import Made, reproduce
    from segprior.cli.execution.work import interruptible

    done: list[str] = []

    def tell(made: Made) -> None:
        bars.close()
        done.append(made.name)
        if arguments.json:
            facts = {
                "figure": made.name,
                "output": str(made.path),
                "seconds": made.seconds,
                "kept": made.kept,
                "settings": made.settings,
            }
            print(json.dumps(facts), flush=True)
        elif not arguments.quiet:
            how = "already there" if made.kept else f"{made.seconds:.1f} s"
            print(shown(f"{made.path}  ({how})"), flush=True)

    bars = Bars(shown=not arguments.quiet and sys.stderr.isatty())
    with short_warnings(), interruptible() as stop:
        try:
            reproduce(
                arguments.output,
                arguments.data,
                only=only,
                preset=arguments.preset,
                callback=chain(stop, bars),
                tell=tell,
                **calling,
                **given(ReproduceConfig, arguments),
            )
        except (KeyboardInterrupt, Cancelled):
            bars.close()
            complain(f"{stopping.word()}; {len(done)} figures are done, the same command goes on")
            return stopping.exit_code()
        finally:
            bars.close()
    if not arguments.json and not arguments.quiet:
        print(shown(f"all of them: {arguments.output}/index.html and index.md"))
    return 0


class Bars:
    """A progress bar for each fit, one after the other."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._bar: ProgressBar | None = None
        if shown:  # before the first event, for loops may have to be compiled
            self._bar = ProgressBar("starting", file=sys.stderr).__enter__()
        self._stage = ""
        self._last: dict[int, int] = {}

    def __call__(self, event: Event) -> None:
        again = event.iteration <= self._last.get(event.member, 0)
        if self._shown and (self._bar is None or again or event.stage != self._stage):
            self.close()
            self._bar = ProgressBar(event.stage, file=sys.stderr).__enter__()
            self._stage = event.stage
        self._last[event.member] = event.iteration
        if self._bar is not None:
            self._bar(event)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.__exit__()
        self._bar = None
        self._last = {}


def _parser() -> Parser:
    parser = new_parser(
        "reproduce",
        "[--data FOLDER] -o FOLDER",
        "Make the seven figures of the DSP publication again, each with caption and "
        "settings, and index.html and index.md that show them all. What is there already with the "
        "same settings is kept, so that an interrupted command goes on where it stopped.",
        f"examples:\n  {_EXAMPLES}",
    )
    group = parser.add_argument_group("figures")
    group.add_argument("-o", "--output", metavar="FOLDER", help="where the figures go")
    group.add_argument(
        "--data",
        metavar="FOLDER",
        help="the publication's images, as images/NAME.jpg in it; without it, photographs that "
        "scikit-image brings along take their place",
    )
    group.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="FIGURE",
        help="make this one only, such as figure4; may be given several times",
    )
    group.add_argument(
        "--json", action="store_true", help="report as one JSON object per figure and line"
    )
    group.add_argument("--quiet", "-q", action="store_true", help="report nothing but errors")
    add_preset(parser, ReproduceConfig)
    titles = {PriorConfig: "settings of the prior", ReproduceConfig: "settings of the figures"}
    add_options(parser, ReproduceConfig, titles)
    add_running(parser)
    return parser
