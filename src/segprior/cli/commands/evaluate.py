"""``segprior evaluate regions``, ``foreground`` and ``instances``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.cli.arguments.options import add_options, given
from segprior.cli.arguments.values import whole
from segprior.cli.arguments.words import Parser, chosen_word, new_parser, read_words
from segprior.cli.execution.report import complain, short_warnings
from segprior.config.running import CurveConfig, EvaluateConfig
from segprior.errors import ConfigError
from segprior.evaluation.methods import GROUPS, Kind, catalogue
from segprior.evaluation.report import TABLE_SUFFIXES
from segprior.io.files.source import folded
from segprior.messages import shown
from segprior.runtime import stopping

if TYPE_CHECKING:
    from segprior.evaluation.evaluate import Progress
    from segprior.evaluation.report import Evaluation

__all__ = ["run"]

KINDS: dict[str, Kind] = {
    "regions": "regions",
    "foreground": "foreground",
    "instances": "instances",
}
# What is scored, of each kind.
_MADE = {"regions": "label maps", "foreground": "masks", "instances": "label maps of things"}
_EXAMPLES = {
    "regions": "felzenszwalb:scale=100",
    "foreground": "grabcut:inset=0.1",
    "instances": "watershed:min_distance=8",
}

_HELP = """usage: segprior evaluate regions --images DIR --truth DIR [options]
       segprior evaluate foreground --images DIR --masks DIR [options]
       segprior evaluate instances --images DIR --truth DIR [options]

Score methods, or what other programs made, against what people drew.

kinds:
  regions      label maps: mIOU, PRI, VoI, covering and boundaries; hierarchies with --curve
  foreground   masks: IoU, F-beta, accuracy and mean absolute error
  instances    things one by one: average precision and their number

options:
  -h, --help   show this text, or after a kind its options and methods
"""


def run(argv: Sequence[str]) -> int:
    """Carry out ``segprior evaluate``; see :func:`segprior.cli.main`."""
    kind = KINDS[chosen_word(argv, [*KINDS], "kind", "segprior evaluate", _HELP)]
    parser = _parser(kind)
    arguments = read_words(parser, argv[1:])
    _check(kind, arguments)
    return _carry_out(kind, arguments)


def _parser(kind: Kind) -> Parser:
    truth = _truth_flag(kind)
    parser = new_parser(
        f"evaluate {kind}",
        f"--images DIR {truth} DIR [--method NAME ...] [--predictions DIR ...]",
        "Score methods, or what other programs made, against what people drew. "
        "Files belong together by their stems.",
        _methods(kind),
    )
    group = parser.add_argument_group("what is scored")
    group.add_argument("--images", dest="folder", metavar="DIR", help="folder of images")
    if kind == "regions":
        group.add_argument(
            "--truth",
            metavar="DIR",
            help="folder with STEM.mat as BSDS500 has them, a label map, or a folder STEM with a "
            "label map for each annotator",
        )
    elif kind == "instances":
        group.add_argument(
            "--truth",
            metavar="DIR",
            help="folder of label maps: a number for each thing, 0 where there is none (PNG, TIFF "
            "or .npy)",
        )
    else:
        group.add_argument(
            "--masks",
            dest="truth",
            metavar="DIR",
            help="folder of masks: 0 is background, 255 foreground, 65 to 190 do not count",
        )
    group.add_argument(
        "--predictions",
        action="append",
        default=[],
        metavar="DIR",
        help=f"score the {_MADE[kind]} in this folder (PNG, TIFF, .npy or .mat); may be repeated",
    )
    group.add_argument(
        "--method",
        "-m",
        action="append",
        default=[],
        metavar="NAME[:KEY=VALUE,...]",
        help="run this method; may be repeated. See below.",
    )
    if kind == "regions":
        group.add_argument(
            "--boundaries",
            action="store_true",
            help="also boundary precision, recall and F, which take the most time",
        )
        group.add_argument(
            "--curve",
            action="store_true",
            help="score hierarchies at many cuts: those that methods make, or of --predictions, "
            ".npz files of segprior or contour maps (ucm2 or ucm in .mat, or grey pictures)",
        )
        add_options(parser, CurveConfig, {CurveConfig: "how many"})
    else:
        add_options(parser, EvaluateConfig, {EvaluateConfig: "how many"})
    group = parser.add_argument_group("output")
    group.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write the table here too, as .csv, .json or .txt",
    )
    group.add_argument("--per-image", metavar="FILE.csv", help="write the scores of each image")
    group.add_argument(
        "--save-predictions",
        metavar="DIR",
        help="keep what the methods found, as DIR/METHOD/STEM.png",
    )
    group.add_argument(
        "--store",
        metavar="DIR",
        help="keep each result in DIR/rows.jsonl as soon as it is there, and go on from there the "
        "next time [FILE.rows.jsonl beside the output]",
    )
    group.add_argument("--quiet", "-q", action="store_true", help="print nothing but errors")
    group = parser.add_argument_group("running")
    group.add_argument(
        "--seed", type=whole, default=0, metavar="N", help="where a method gives none [0]"
    )
    group.add_argument("-h", "--help", action="help", help="show this text")
    return parser


def _methods(kind: Kind) -> str:
    lines = ["methods:"]
    for choice in catalogue(kind).values():
        if choice.ours:
            command = "segment" if kind == "regions" else "foreground"
            options = f"options as of segprior {command}, with _ for -"
        else:
            options = ", ".join(f"{key}={value}" for key, value in choice.defaults.items())
        lines.append(f"  {choice.name:14} {options}".rstrip())
    example = _EXAMPLES[kind]
    folder = f"photos/ {_truth_flag(kind)} {_truth_flag(kind).strip('-')}/"
    return "\n".join(
        [
            *lines,
            *(
                [f"  {'levels':14} hierarchy at coarseness 0, 0.5, 1, with and without the prior"]
                if kind == "regions"
                else []
            ),
            f"  {'baselines':14} all of {', '.join(GROUPS[kind])}",
            "each also takes seed=N",
            "",
            "examples:",
            f"  segprior evaluate {kind} --images {folder} -m fast -m {example} -o results.csv",
            f"  segprior evaluate {kind} --images {folder} --predictions from_elsewhere/",
            *(
                [f"  segprior evaluate {kind} --images {folder} -m hierarchy --curve -o curve.json"]
                if kind == "regions"
                else []
            ),
        ]
    )


def _truth_flag(kind: Kind) -> str:
    return "--masks" if kind == "foreground" else "--truth"


def _check(kind: Kind, arguments: argparse.Namespace) -> None:
    """Refuse what could not be finished, before any work is done."""
    truth = _truth_flag(kind)
    for flag, value in (("--images", arguments.folder), (truth, arguments.truth)):
        if value is None:
            raise ConfigError(f"no {flag}; name a folder with {flag} DIR")
    if not arguments.method and not arguments.predictions:
        names = ", ".join([*catalogue(kind), "baselines"])
        raise ConfigError(f"nothing to score; add --predictions DIR or --method, one of {names}")
    if kind == "regions":
        _check_curve(arguments)
    suffixes = {"-o": TABLE_SUFFIXES, "--per-image": (".csv",)}
    seen: dict[Path, str] = {}
    for flag, name in (("-o", arguments.output), ("--per-image", arguments.per_image)):
        if name is None:
            continue
        path = Path(name)
        if path.suffix.lower() not in suffixes[flag]:
            raise ConfigError(f"got {flag} {name}; end it in {' or '.join(suffixes[flag])}")
        if path.is_dir() or not path.parent.is_dir():
            reason = "it is a folder" if path.is_dir() else f"no folder {path.parent}"
            raise ConfigError(f"cannot write {flag} {name}: {reason}; choose another place")
        if path.resolve() in seen:
            raise ConfigError(f"{seen[path.resolve()]} and {flag} are one file; rename one")
        seen[path.resolve()] = flag


def _check_curve(arguments: argparse.Namespace) -> None:
    if arguments.curve and arguments.save_predictions is not None:
        raise ConfigError("--save-predictions keeps label maps, and --curve has none; drop one")
    ours = given(CurveConfig, arguments).keys() - given(EvaluateConfig, arguments).keys()
    if ours and not arguments.curve:
        flag = min(ours).replace("_", "-")
        raise ConfigError(f"--{flag} says where curves are cut; add --curve or leave it out")


def _store(arguments: argparse.Namespace) -> Path | None:
    if arguments.store is not None:
        return Path(arguments.store) / "rows.jsonl"
    if arguments.output is not None:
        return Path(arguments.output).with_suffix(".rows.jsonl")
    return None


def _carry_out(kind: Kind, arguments: argparse.Namespace) -> int:
    from segprior.evaluation import evaluate
    from segprior.evaluation.evaluate import Interrupted

    store = _store(arguments)
    run: Callable[..., Evaluation] = (
        evaluate.evaluate_instances if kind == "instances" else evaluate.evaluate_foreground
    )
    options: dict[str, Any] = {
        "methods": arguments.method,
        "predictions": arguments.predictions,
        "rng": arguments.seed,
        "store": store,
    }
    if kind == "regions":
        run = evaluate.evaluate_regions
        options["boundaries"] = arguments.boundaries
    if kind == "regions" and arguments.curve:
        run = evaluate.evaluate_hierarchies
        options["config"] = CurveConfig(**given(CurveConfig, arguments))
    else:
        options["config"] = EvaluateConfig(**given(EvaluateConfig, arguments))
        options["save_predictions"] = arguments.save_predictions
    with short_warnings(), _progress(arguments.quiet) as callback:
        try:
            done = run(arguments.folder, arguments.truth, callback=callback, **options)
        except Interrupted as stopped:
            _tell_of_stop(stopped, store, arguments.quiet)
            return stopping.exit_code()
    return _hand_out(done, arguments)


def _tell_of_stop(stopped: Any, store: Path | None, quiet: bool) -> None:
    if stopped.done and not quiet:
        sys.stderr.write(shown(stopped.evaluation.to_text()))
    count = f"{stopping.word()}; {stopped.done} of {stopped.total} results are"
    if store is not None:
        complain(f"{count} kept in {store}; run the same command again to go on from there")
    else:
        complain(f"{count} done, but kept nowhere; with -o FILE or --store DIR they would be")


def _hand_out(done: Evaluation, arguments: argparse.Namespace) -> int:
    from segprior.io.files.atomic import write_atomically

    if arguments.output is not None:
        done.save(arguments.output)
    if arguments.per_image is not None:
        write_atomically(arguments.per_image, done.images_to_csv().encode())
    if not arguments.quiet:
        sys.stdout.write(shown(done.to_text()))
        sys.stdout.flush()
    if not done.failures:
        return 0
    return 1 if len(done.failures) < len(done.images) else 2


@contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
    """Show a bar with the time that is left, if somebody is there to see it, and every failure."""
    from tqdm import tqdm

    hidden = quiet or not sys.stderr.isatty()
    bars: list[Any] = []

    def callback(progress: Progress) -> None:
        if not bars:
            bars.append(
                # What the store held took no time, and has no part in the time that is left.
                tqdm(desc="scoring", unit="result", leave=False, disable=hidden, file=sys.stderr,
                     total=progress.total, initial=progress.done)
            )  # fmt: skip
        bar = bars[0]
        bar.update(progress.done - bar.n)
        if progress.error is not None:
            bar.clear()
            complain(f"{progress.image}, {progress.method}: {folded(progress.error)}")

    try:
        yield callback
    finally:
        for bar in bars:
            bar.close()
