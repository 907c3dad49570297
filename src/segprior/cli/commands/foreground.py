"""``segprior foreground``: what is asked of an image, and the files made of the answer."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.cli.arguments.options import given
from segprior.cli.execution.report import emptiness
from segprior.cli.execution.task import LabelTask, Result, Saver, load_prior
from segprior.config.presets import resolve
from segprior.errors import ConfigError
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.config import ForegroundConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.callbacks import Callback

__all__ = ["ForegroundTask"]


class ForegroundTask(LabelTask):
    """``segprior foreground``."""

    kinds = ("overlay", "cutout", "confidence", "table", "prior")
    config: ForegroundConfig

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__(arguments)
        fields = given(ForegroundConfig, arguments)
        self.edges: Any = arguments.save_cutout or "soft"
        self.config = resolve(ForegroundConfig, arguments.preset, None, fields)
        self.epochs = self.config.prior.snapshots
        if self.epochs:
            self.extras += ("epochs",)
        if arguments.saved_prior is not None:
            self._load(arguments, fields)

    def _load(self, arguments: argparse.Namespace, fields: dict[str, Any]) -> None:
        if self.config.features == "image":
            raise ConfigError("--prior has no use with --features image; leave one of them out")
        if self.config.features == "auto":
            self.config = self.config.replace(features="prior")
        self.saved = load_prior(arguments, ForegroundConfig, fields, self.epochs)
        self.reads = (Path(arguments.saved_prior),)

    def __call__(self, image: NDArray[Any], callback: Callback | None) -> Result:
        from segprior.io.pictures import save_picture
        from segprior.methods.foreground.api import find_foreground

        pyramid = Pyramid(image)
        prior = self.prior_of(pyramid, self.config.prior, callback)
        found = find_foreground(
            pyramid,
            self.config,
            # On the image itself a prior is for its own pictures only.
            prior=prior if self.config.features == "prior" else None,
            callback=callback,
            **self.calling,
        )
        savers: dict[str, Saver] = {
            **self.savers(found, image),
            "cutout": lambda path: save_picture(path, found.cutout(image, edges=self.edges)),
        }
        facts = {
            "foreground": found.foreground,
            **emptiness(found),
            "confidence": found.score,
            "evidence": found.evidence,
            "seed": found.seed,
            "settings": found.config.to_dict(),
        }
        return self.result(found, prior, savers, facts)
