"""``segprior analyze``: what the prior of an image is, in pictures and numbers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from segprior.cli.arguments.options import given
from segprior.cli.arguments.words import Command
from segprior.cli.commands.folders import folder_parser, run_folders
from segprior.cli.execution.task import Result, Task
from segprior.config.analysis import AnalysisConfig
from segprior.config.presets import resolve
from segprior.config.prior import PriorConfig

if TYPE_CHECKING:
    from segprior.callbacks import Callback
    from segprior.image.pyramid import Pyramid

__all__ = ["AnalyzeTask", "run"]

_COMMAND = Command(
    AnalysisConfig,
    "Fit the prior of each image and write what it keeps of it: power spectrum beside a "
    "low-pass filter, first principal component, Canny edges, masks by window, the output over "
    "the iterations, early and late, the spread of the members, the network's hidden features; "
    "a PNG for each, and all numbers in summary.json. All is measured at the working size.",
    "segprior analyze photo.jpg -o analysis/\n"
    "  segprior analyze photos/ -o analyses/ --preset published",
)


class AnalyzeTask(Task):
    """What is asked of each image."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__(arguments)
        from segprior.runtime.extras import need

        fields = given(AnalysisConfig, arguments)
        self.config = resolve(AnalysisConfig, arguments.preset, None, fields)
        need("matplotlib.figure", "plots")  # before the fit, not after it

    def __call__(self, image: Pyramid, callback: Callback | None) -> Result:
        from segprior.analysis.analyze import measure

        found = measure(image, self.config, callback=callback, **self.calling)
        numbers = found.summary
        facts = {
            "psnr": numbers["psnr"]["prior"],
            "edges": numbers["edges"]["prior"],
            "windows": {name: of["mean_split_iou"] for name, of in numbers["windows"].items()},
            "seed": found.seed,
            "settings": found.config.to_dict(),
        }
        return Result(save=found.save, extras={}, facts=facts)


def run(argv: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    titles = {PriorConfig: "settings of the prior", AnalysisConfig: "settings of the analyses"}
    parser = folder_parser("analyze", _COMMAND, titles)
    return run_folders(parser, AnalyzeTask, argv)
