"""What the command line understands: commands, options, and their help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from segprior.cli.arguments.options import add_options
from segprior.cli.arguments.overview import SUMMARIES, answered
from segprior.cli.arguments.tiles import add_tiles
from segprior.cli.arguments.values import box, click, file_in
from segprior.cli.arguments.words import (
    Command,
    Parser,
    add_input,
    add_preset,
    add_running,
    image_parser,
    meant,
    read_words,
)
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.io.export import result_formats, shared_suffixes
from segprior.io.registry import one_of
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.levels import UCM_SUFFIXES

__all__ = ["COMMANDS", "command_parser", "parse"]


COMMANDS = {
    "foreground": Command(
        ForegroundConfig,
        "Tell the object in each image from its background and write a mask: 255 on the object, "
        "0 elsewhere, at the size of the image.",
        "segprior foreground photo.jpg -o mask.png --overlay\n"
        "  segprior foreground cells.tif -o cells.png --instances --table\n"
        "  segprior foreground photos/ -o masks/ --json > report.jsonl\n"
        "  segprior foreground photo.jpg -o mask.png --click 120,200 --click 40,30,0\n"
        "  segprior foreground - -o - < photo.jpg > mask.png",
    ),
    "prior": Command(
        PriorConfig,
        "Fit a small untrained network to each image and write what it has learnt after a few "
        "iterations: the prior, in which texture is gone and objects remain. As .npz it keeps "
        "members, snapshots, hidden features and settings, for --prior of segprior foreground.",
        "segprior prior photo.jpg -o prior.png --snapshots 10,20,30\n"
        "  segprior prior photo.jpg -o prior.npz --preset published",
    ),
    "segment": Command(
        SegmentConfig,
        "Divide each image into classes, their number unknown, and write a label map: 1 to n from "
        "the largest area to the smallest, as an indexed PNG with fixed colours (16 bits above "
        "255 labels), at the size of the image.",
        "segprior segment photo.jpg -o labels.png --overlay\n"
        "  segprior segment photo.jpg -o labels.png --coarseness 0,.5,1 --hierarchy levels.npz\n"
        "  segprior segment levels.npz -o coarser.png --coarseness .8\n"
        "  segprior segment photo.jpg -o labels.png --classes 5 --min-size 100\n"
        "  segprior segment photo.jpg -o labels.png --scribbles marks.png --tensorboard runs\n"
        "  segprior segment photos/ -o labels/ --method continuity --json > report.jsonl",
    ),
}

_RESULTS = {"foreground": "mask", "segment": "label map"}
_EXTRAS = {
    "foreground": {
        "--overlay": "also write STEM_overlay.png, the mask over the image",
        "--confidence": "also write STEM_confidence.png, white where the mask is sure",
        "--table": "also write STEM_table.csv: area, bounding box, centroid, mean colour; with "
        "--instances a row for each thing, also axes, eccentricity, solidity and perimeter",
        "--save-prior": "also write STEM_prior.png, the prior of the image",
    },
    "segment": {
        "--overlay": "also write STEM_overlay.png, the labels over the image",
        "--boundaries": "also write STEM_boundaries.png, the image with the boundaries drawn",
        "--confidence": "also write STEM_confidence.png, white where the labels are sure",
        "--table": "also write STEM_table.csv: area, bounding box, centroid, mean colour by label",
        "--save-prior": "also write STEM_prior.png, the prior that was looked at",
    },
}


def parse(argv: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """Read the command line.

    Returns
    -------
    command : str
        Which of `COMMANDS` was asked for.
    arguments : argparse.Namespace
        Its options; fields of the configuration are present only if given.

    Raises
    ------
    ConfigError
        On wrong usage.
    SystemExit
        After the help or the version was printed.
    """
    first = argv[0] if argv else None
    if first is None:
        raise ConfigError(f"no command; choose {_alternatives()}, or see segprior --help")
    if answered(first):
        raise SystemExit(0)
    if first not in COMMANDS:
        kind = "option" if first.startswith("-") else "command"
        names = list(SUMMARIES) if kind == "command" else ["--help", "--version"]
        raise ConfigError(
            f"no {kind} {first!r}{meant(first, names)}; choose {_alternatives()}, "
            "or see segprior --help"
        )
    arguments = read_words(command_parser(first), argv[1:])
    if not arguments.images:
        raise ConfigError("no image; name files, a folder, or - for standard input")
    return first, arguments


def _alternatives() -> str:
    *most, last = SUMMARIES
    return f"{', '.join(most)} or {last}"


def command_parser(name: str) -> Parser:
    """Make the parser of one of `COMMANDS`."""
    command = COMMANDS[name]
    also = "; or files of --hierarchy, to be cut again" if name == "segment" else ""
    parser = image_parser(name, command, "OUTPUT", also)
    _add_output(parser, name)
    settings = add_preset(parser, command.config)
    if name == "segment":
        settings.add_argument(
            "--prior-preset",
            metavar="|".join(PriorConfig.presets),
            help="where the settings of the prior start from; else what --preset has",
        )
    titles: dict[type[Presets], str] = {PriorConfig: "settings of the prior"}
    if command.config is not PriorConfig:
        titles[command.config] = f"settings of the {_RESULTS[name]}"
    add_options(parser, command.config, titles)
    group = parser.add_argument_group("input")
    if name in _EXTRAS:
        group.add_argument(
            "--prior",
            dest="saved_prior",
            metavar="FILE.npz",
            help="use this prior of the image, from segprior prior, instead of fitting one",
        )
    if name == "foreground":
        group.add_argument(
            "--click",
            action="append",
            type=click,
            metavar="R,C[,LABEL]",
            help="row and column, from 0, of a pixel of the object, or with the label 0 of ground; "
            "may be given several times",
        )
        group.add_argument(
            "--box",
            type=box,
            metavar="T,L,B,R",
            help="top, left, bottom and right of a box that the object lies in",
        )
        group.add_argument(
            "--scribbles",
            metavar="FILE",
            help="strokes, green on the object and red on ground; or a label picture of the "
            "image's size, 1 on the object, others on ground, 0 and 255 unmarked; or points, "
            "row,column,label, in a .csv, 0 for ground; or shapes of LabelMe",
        )
    if name == "segment":
        group.add_argument(
            "--scribbles",
            metavar="FILE",
            help="pixels whose label is known: a label picture of the image's size, 0 or 255 where "
            "unmarked; strokes in colours, green 1, red ground; points, row,column,label, in a "
            ".csv; or shapes of LabelMe",
        )
    add_input(group)
    if name in _RESULTS:
        add_tiles(parser)
    add_running(parser)
    return parser


def _add_output(parser: Parser, name: str) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        help="a file, whose suffix is its format; a folder, which gets STEM.png for each image "
        "and is made if missing; or - for standard output, the default for standard input. "
        "Existing files are replaced.",
    )
    if name in _EXTRAS:
        group.add_argument(
            "--format",
            metavar="|".join(result_formats()),
            help="what is written; else the suffix decides, and in a folder it is png. Needed for "
            + ", and ".join(
                f"{suffix}, which may be {one_of(one.name for one in several)}"
                for suffix, several in shared_suffixes().items()
            ),
        )
    if name == "foreground":
        group.add_argument(
            "--cutout",
            dest="save_cutout",
            nargs="?",
            const="soft",
            choices=("soft", "hard"),
            metavar="soft|hard",
            help="also write STEM_cutout.png, the object with the background transparent, and in "
            "part where both share a pixel; hard: each pixel is there or not [soft]",
        )
    for flag, text in _EXTRAS.get(name, {}).items():
        kind = flag.removeprefix("--").removeprefix("save-")
        group.add_argument(flag, dest=f"save_{kind}", action="store_true", help=text)
    if name == "segment":
        group.add_argument(
            "--hierarchy",
            dest="save_hierarchy",
            nargs="?",
            const=True,
            type=file_in(".npz"),
            metavar="FILE.npz",
            help="also write the segments of all levels, for segprior segment FILE.npz; without a "
            "name, as for several images, STEM_hierarchy.npz",
        )
        group.add_argument(
            "--ucm",
            dest="save_ucm",
            nargs="?",
            const=True,
            type=file_in(*UCM_SUFFIXES),
            metavar="FILE",
            help="also write the cost at which the boundary at each pixel vanishes: .tif and .npy "
            "hold costs, .png 16 bits v for a cost of 10 * v / (65535 - v); without a name "
            "STEM_ucm.png",
        )
        group.add_argument(
            "--tensorboard",
            metavar="DIR",
            help="write loss, labels and the segmentation as it evolves into DIR/STEM, for "
            "tensorboard --logdir DIR",
        )
    group.add_argument(
        "--json",
        action="store_true",
        help="report as one JSON object per image and line; on standard error with -o -",
    )
    group.add_argument("--quiet", "-q", action="store_true", help="report nothing but errors")
