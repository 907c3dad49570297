"""What ``segprior segment`` asks of an image, and the files it makes of the answer."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.callbacks import chain
from segprior.cli.arguments.options import given
from segprior.cli.execution.task import LabelTask, Result, Saver, load_prior
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.image.pyramid import Pyramid
from segprior.methods.multiclass.config import SegmentConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.callbacks import Callback

__all__ = ["SegmentTask"]


class SegmentTask(LabelTask):
    """``segprior segment``."""

    kinds = ("overlay", "boundaries", "confidence", "table", "prior")
    config: SegmentConfig

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__(arguments)
        fields = given(SegmentConfig, arguments)
        marked = arguments.scribbles is not None
        start = arguments.preset or SegmentConfig.start(fields, scribbles=marked)
        self.config = SegmentConfig.preset(start)
        if arguments.prior_preset is not None:
            prior = PriorConfig.preset(arguments.prior_preset)
            self.config = self.config.replace(prior=prior)
        self.config = self.config.replace(**fields)
        if marked and not self.config.chosen.scribbles:
            raise ConfigError(
                f"--scribbles are marks for a network, and --method {self.config.method} trains "
                "none; pass --preset backprop"
            )
        self.epochs = self.config.prior.snapshots
        if self.epochs:
            self.extras += ("epochs",)
        if arguments.saved_prior is not None:
            self._load(arguments, fields)
        self.scribbles: Path | None = None
        if arguments.scribbles is not None:
            if len(arguments.images) > 1 or Path(arguments.images[0]).is_dir():
                raise ConfigError("--scribbles belong to one image; name that image only")
            self.scribbles = Path(arguments.scribbles)
            self.reads += (self.scribbles,)
        self.board: Path | None = None
        if arguments.tensorboard is not None:
            from segprior.tensorboard import check_tensorboard

            check_tensorboard()
            self.board = Path(arguments.tensorboard)

    def _load(self, arguments: argparse.Namespace, fields: dict[str, Any]) -> None:
        config = self.config
        method = config.chosen
        if config.need == "never":
            option = method.prior_option
            decided = f" --{option} {getattr(config.options, option)}" if option else ""
            raise ConfigError(
                f"--prior has no use with --method {config.method}{decided}; leave it out"
            )
        if arguments.prior_preset is not None:
            raise ConfigError("--prior-preset has no use with --prior; leave one of them out")
        self.saved = load_prior(arguments, SegmentConfig, fields, self.epochs)
        self.reads = (Path(arguments.saved_prior),)
        wanted = () if method.features is None else method.features(self.saved.config)
        if any(key not in self.saved.features for key in wanted):
            blocks = ",".join(f"{block}:{at}" for block, at in wanted)
            raise ConfigError(
                f"{arguments.saved_prior} holds no hidden features of its last iteration; make it "
                f"with segprior prior --features {blocks}, or pass --preset backprop"
            )

    def __call__(self, image: NDArray[Any], callback: Callback | None) -> Result:
        from segprior.io.pictures import save_picture
        from segprior.methods.multiclass.api import find_classes

        with self._watched(callback) as watched:
            pyramid = Pyramid(image)
            prior = self.prior_of(pyramid, self.config.prior, watched)
            found = find_classes(
                pyramid,
                self.config,
                # A prior that was fitted for its own pictures changes nothing.
                prior=prior if prior is self.saved or self.config.need == "always" else None,
                scribbles=self.scribbles,
                callback=watched,
                **self.calling,
            )
        own: dict[str, Saver] = {
            "boundaries": lambda path: save_picture(path, found.overlay(image, alpha=0))
        }
        facts = {
            "labels": found.n_labels,
            "confidence": found.score,
            "evidence": found.evidence,
            "curves": {name: curve.tolist() for name, curve in found.curves.items()},
            "seed": found.seed,
            "settings": found.config.to_dict(),
        }
        return self.result(found, image, prior, own, facts)

    @contextmanager
    def _watched(self, callback: Callback | None) -> Iterator[Callback | None]:
        """Add TensorBoard to the callback, if it was asked for."""
        if self.board is None:
            yield callback
            return
        from segprior.tensorboard import TensorBoard

        with TensorBoard(self.board / self.name) as board:
            yield chain(callback, board)
