"""``segprior double-dip``: foreground, background and the mask between them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segprior.cli.arguments.options import given
from segprior.cli.arguments.words import Command, Parser
from segprior.cli.commands.folders import folder_parser, run_folders
from segprior.cli.execution.report import emptiness
from segprior.cli.execution.task import Result, Task
from segprior.config.double_dip import DoubleDipConfig
from segprior.config.presets import resolve
from segprior.errors import ConfigError

if TYPE_CHECKING:
    from segprior.callbacks import Callback
    from segprior.image.pyramid import Pyramid

__all__ = ["DoubleDipTask", "make_parser", "run"]

_WORDS = ("mask", "saliency")
_COMMAND = Command(
    DoubleDipConfig,
    "Fit two layers and a mask that together make each image, starting from a hint of where the "
    "foreground is. Writes mask.png, soft_mask.png, foreground.png, background.png, "
    "composed.png, hint.png, overlay.png, curves.csv and curves.png.",
    "segprior double-dip photo.jpg -o parts/\n"
    "  segprior double-dip photo.jpg -o parts/ --hint saliency --saliency spectral\n"
    "  segprior double-dip photo.jpg -o parts/ --hint mask.png\n"
    "  segprior double-dip photo.jpg -o parts/ --scribbles strokes.png",
)


class DoubleDipTask(Task):
    """What is asked of each image."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__(arguments)
        from segprior.runtime.extras import need

        fields = given(DoubleDipConfig, arguments)
        self.scribbles = arguments.scribbles
        self.file = fields.pop("hint") if fields.get("hint", "mask") not in _WORDS else None
        named = [name for name in (self.file, self.scribbles) if name is not None]
        if self.scribbles is not None and (self.file is not None or "hint" in fields):
            raise ConfigError("got both --hint and --scribbles; pass one of them")
        if named and (len(arguments.images) > 1 or Path(arguments.images[0]).is_dir()):
            raise ConfigError(f"{named[0]} is the hint of one image; name that image only")
        if self.file is not None and not Path(self.file).exists():
            raise ConfigError(
                f"--hint {self.file}: no such file; name one, or say mask or saliency"
            )
        self.config = resolve(DoubleDipConfig, arguments.preset, None, fields)
        need("matplotlib.figure", "plots")  # before the fit, not after it

    def __call__(self, image: Pyramid, callback: Callback | None) -> Result:
        from segprior.methods.double_dip.api import take_apart
        from segprior.methods.double_dip.hints import as_hint, read_scribbles

        shape = image.shape
        hint = None
        if self.scribbles is not None:
            hint = read_scribbles(self.scribbles, shape, image.full)
        elif self.file is not None:
            hint = as_hint(self.file, shape)
        found = take_apart(image, hint, self.config, callback=callback, **self.calling)
        mask = found.segmentation
        facts = {
            "foreground": mask.foreground,
            **emptiness(mask),
            "confidence": mask.score,
            "evidence": mask.evidence,
            "seed": found.seed,
            "settings": found.config.to_dict(),
        }
        return Result(save=found.save, extras={}, facts=facts)


def run(argv: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    return run_folders(make_parser(), DoubleDipTask, argv)


def make_parser() -> Parser:
    """Make the parser of the command."""
    parser = folder_parser("double-dip", _COMMAND, {DoubleDipConfig: "settings of Double-DIP"})
    for action in parser._actions:
        if action.dest == "hint":
            action.metavar = "mask|saliency|FILE"
            action.help = (
                f"{action.help} Or a picture: white foreground, black background, grey unknown; "
                "any size."
            )
        elif action.dest == "snapshots" and action.help:
            action.help = action.help.replace("the prior at each", "the mask at each")
    inputs = next(group for group in parser._action_groups if group.title == "input")
    inputs.add_argument(
        "--scribbles",
        metavar="FILE",
        help="marks in place of a hint: strokes, green foreground and red background; or labels, 1 "
        "foreground, others background, 0 and 255 unmarked; or points, row,column,label, in a "
        ".csv; or shapes of LabelMe",
    )
    return parser
