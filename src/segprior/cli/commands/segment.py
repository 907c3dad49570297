"""What ``segprior segment`` asks of an image, and the files it makes of the answer."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.callbacks import chain
from segprior.cli.arguments.options import given
from segprior.cli.commands.levels import Levels
from segprior.cli.execution.plan import are_several
from segprior.cli.execution.report import emptiness
from segprior.cli.execution.task import LabelTask, Result, Saver, load_prior
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError, ImageError
from segprior.methods.multiclass.config import SegmentConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.callbacks import Callback
    from segprior.cli.execution.plan import Job
    from segprior.image.pyramid import Pyramid
    from segprior.io.planes import Planes
    from segprior.methods.multiclass.levels import Hierarchy
    from segprior.prior.prior import Prior
    from segprior.result import Segmentation

__all__ = ["SegmentTask"]


class SegmentTask(LabelTask):
    """``segprior segment``."""

    kinds = ("overlay", "boundaries", "confidence", "table", "prior", "hierarchy", "ucm")
    config: SegmentConfig

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__(arguments)
        fields = given(SegmentConfig, arguments)
        self.levels = Levels(arguments, fields)
        start = arguments.preset or SegmentConfig.start(fields)
        self.config = SegmentConfig.preset(start)
        if arguments.prior_preset is not None:
            prior = PriorConfig.preset(arguments.prior_preset)
            self.config = self.config.replace(prior=prior)
        self.config = self.config.replace(**fields)
        self.epochs = self.config.prior.snapshots
        if self.epochs:
            self.extras += ("epochs",)
        self.levels.check(self.config)
        self.cuts, self.places = self.levels.cuts, self.levels.places
        self.extras = self.levels.of_each_cut(self.extras)
        if self.large.asked:
            self.large.check(self.extras)
        if arguments.saved_prior is not None:
            self._load(arguments, fields)
        self.scribbles: Path | None = None
        if arguments.scribbles is not None:
            if are_several(arguments.images):
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

    def of_file(self, job: Job) -> Result | None:
        """See `Task`."""
        if job.source is None or job.source.suffix.lower() != ".npz":
            return None
        levels, found = self.levels.cut_file(job.source, self.config, self.loading)
        self.image = None  # its name is not known
        return self._result(found, None, None, levels)

    def on_stack(self, planes: Planes, suffix: str, callback: Callback | None) -> Result:
        """See `Task`."""
        if self.scribbles is not None:
            raise ImageError(planes.told(), ", and --scribbles are of one", cure=planes.cures())
        return super().on_stack(planes, suffix, callback)

    def find(self, image: Pyramid, callback: Callback | None) -> Segmentation:
        """See `LabelTask`."""
        from segprior.methods.multiclass.api import find_classes

        return find_classes(image, self.config, callback=callback, **self.calling)

    def facts(self, found: Segmentation) -> dict[str, Any]:
        """See `LabelTask`."""
        return _facts(found) | {"seed": found.seed, "settings": found.config.to_dict()}

    def __call__(self, image: Pyramid, callback: Callback | None) -> Result:
        from segprior.methods.multiclass.api import find_classes

        levels: Hierarchy | None = None
        with self._watched(callback) as watched:
            prior = self.prior_of(image, self.config.prior, watched)
            # A prior that was fitted for its own pictures changes nothing.
            used = prior if prior is self.saved or self.config.need == "always" else None
            calling: dict[str, Any] = {"prior": used, "callback": watched, **self.calling}
            if self.levels.asked:
                levels, found = self.levels.find(image, self.config, calling)
            else:
                calling["scribbles"] = self.scribbles
                found = [find_classes(image, self.config, **calling)]
        return self._result(found, image.full, prior, levels)

    def _result(
        self,
        found: Sequence[Segmentation],
        image: NDArray[Any] | None,
        prior: Prior | None,
        levels: Hierarchy | None,
    ) -> Result:
        """Put together what is written of one cut or several."""
        savers = self.savers(found[0], image)
        if levels is not None:
            savers |= {"hierarchy": levels.save, "ucm": levels.save_ucm}
        for cut, one in zip(self.cuts, found, strict=False):
            savers[cut] = self.saver(one)
            savers |= {f"{cut}_{kind}": save for kind, save in self.savers(one, image).items()}
        each = [_facts(one) for one in found]
        facts = each[0]
        if self.cuts:
            facts = {name: [of_cut[name] for of_cut in each] for name in facts}
            facts["warnings"] = [
                f"--coarseness {cut}: {text}"
                for cut, one in zip(self.cuts, each, strict=True)
                for text in one["warnings"]
            ]
        settings = found[0].config.to_dict()
        if self.cuts:
            settings["coarseness"] = self.levels.coarseness
        facts |= {"seed": found[0].seed, "settings": settings}
        return self.result(found[0], prior, savers, facts)

    def savers(self, found: Segmentation, image: NDArray[Any] | None) -> dict[str, Saver]:
        """See `LabelTask`."""
        from segprior.io.pictures import save_picture

        return {
            **super().savers(found, image),
            "boundaries": lambda path: save_picture(path, found.overlay(image, alpha=0)),
        }

    @contextmanager
    def _watched(self, callback: Callback | None) -> Iterator[Callback | None]:
        """Add TensorBoard to the callback, if it was asked for."""
        if self.board is None:
            yield callback
            return
        from segprior.tensorboard import TensorBoard

        with TensorBoard(self.board / self.name) as board:
            yield chain(callback, board)


def _facts(found: Segmentation) -> dict[str, Any]:
    return {
        "labels": found.n_labels,
        **emptiness(found),
        "confidence": found.score,
        "evidence": found.evidence,
        "curves": {name: curve.tolist() for name, curve in found.curves.items()},
    }
