"""``segprior foreground``: what is asked of an image, and the files made of the answer."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.cli.arguments.options import given
from segprior.cli.execution.plan import are_several
from segprior.cli.execution.report import emptiness
from segprior.cli.execution.task import LabelTask, Result, Saver, load_prior
from segprior.config.presets import resolve
from segprior.errors import ConfigError
from segprior.methods.foreground.config import ForegroundConfig

if TYPE_CHECKING:
    from segprior.callbacks import Callback
    from segprior.image.pyramid import Pyramid
    from segprior.prior.prior import Prior
    from segprior.result import Segmentation

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
        self.marked = self._marked(arguments)

    def _marked(self, arguments: argparse.Namespace) -> dict[str, Any] | None:
        """What is marked; None is nothing."""
        given = {
            "--click": arguments.click,
            "--box": arguments.box,
            "--scribbles": arguments.scribbles,
        }
        named = [flag for flag, value in given.items() if value is not None]
        if not named:
            return None
        if are_several(arguments.images):
            raise ConfigError(f"{named[0]} belongs to one image; name that image only")
        self.check_marked(named[0])
        marked: dict[str, Any] = {"box": arguments.box, "scribbles": arguments.scribbles}
        if arguments.scribbles is not None:
            self.reads += (Path(arguments.scribbles),)
        if arguments.click is not None:
            marked["points"] = [click[:2] for click in arguments.click]
            marked["labels"] = [click[2] for click in arguments.click]
        return marked

    def check_marked(self, flag: str) -> None:
        """Refuse marks, given by an option, with what they have no use for."""
        if self.epochs or "prior" in self.extras or self.saved is not None:
            raise ConfigError(f"{flag} needs no prior; leave --prior and --save-prior out")

    def _load(self, arguments: argparse.Namespace, fields: dict[str, Any]) -> None:
        if self.config.features == "image":
            raise ConfigError("--prior has no use with --features image; leave one of them out")
        if self.config.features == "auto":
            self.config = self.config.replace(features="prior")
        self.saved = load_prior(arguments, ForegroundConfig, fields, self.epochs)
        self.reads = (Path(arguments.saved_prior),)

    def __call__(self, image: Pyramid, callback: Callback | None) -> Result:
        from segprior.io.pictures import save_picture

        prior = self.prior_of(image, self.config.prior, callback)
        found = self.find(image, callback, prior)
        savers: dict[str, Saver] = {
            **self.savers(found, image.full),
            "cutout": lambda path: save_picture(path, found.cutout(image.full, edges=self.edges)),
        }
        return self.result(found, prior, savers, self.facts(found))

    def find(
        self, image: Pyramid, callback: Callback | None, prior: Prior | None = None
    ) -> Segmentation:
        """See `LabelTask`."""
        from segprior.methods.foreground.api import find_foreground

        return find_foreground(
            image,
            self.config,
            # On the image itself a prior is for its own pictures only.
            prior=prior if self.config.features == "prior" else None,
            callback=callback,
            marked=self.marked,
            **self.calling,
        )

    def facts(self, found: Segmentation) -> dict[str, Any]:
        """See `LabelTask`."""
        facts = {
            "foreground": found.foreground,
            **emptiness(found),
            "confidence": found.score,
            "evidence": found.evidence,
            "seed": found.seed,
            "settings": found.config.to_dict(),
        }
        if found.kind == "instances":
            facts["instances"] = found.n_instances
        return facts
