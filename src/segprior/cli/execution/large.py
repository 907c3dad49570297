"""Large images on the command line: when they are worked on in tiles, and how."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from segprior.callbacks import Callback
from segprior.cli.arguments.options import given
from segprior.cli.execution.report import emptiness
from segprior.config.tiles import TileConfig
from segprior.errors import (
    ConfigError,
    EmptyResultWarning,
    ImageError,
    OutputError,
    SegpriorError,
)
from segprior.io.image import MAX_PIXELS
from segprior.io.window_reader import has_windows, open_windows
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.multiclass.config import SegmentConfig

if TYPE_CHECKING:
    from pathlib import Path

    from segprior.cli.execution.plan import Job
    from segprior.large import TiledResult

__all__ = ["OF_ONE", "Large", "flag_of_extra"]

_FLAGS = {"prior": "--save-prior", "epochs": "--snapshots"}
# Files that belong to one image, and are of its size.
OF_ONE = {
    "saved_prior": "--prior",
    "click": "--click",
    "box": "--box",
    "scribbles": "--scribbles",
    "tensorboard": "--tensorboard",
}


class Large:
    """Which images of a command line are worked on in tiles, and the work.

    Parameters
    ----------
    arguments : argparse.Namespace
        As parsed.

    Raises
    ------
    ConfigError
        If the options are not valid, or do not go with tiles that were asked for.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        options = vars(arguments)
        fields = given(TileConfig, arguments)
        self.asked = bool(options.get("tiles") or fields)
        self._whole = [flag for name, flag in OF_ONE.items() if options.get(name) is not None]
        self._config = TileConfig(**fields)

    def check(self, extras: tuple[str, ...]) -> None:
        """Refuse what needs the image in one piece."""
        flags = self._whole + [flag_of_extra(kind) for kind in extras]
        if flags:
            raise ConfigError(f"{flags[0]} needs the image in one piece, not tiles; leave it out")

    def takes(self, source: Path | None, loading: dict[str, Any]) -> bool:
        """Tell whether an image is to be worked on in tiles.

        Raises
        ------
        ImageError
            If that was asked for and cannot be.
        """
        if self.asked:
            if source is None:
                raise ImageError("standard input cannot be read in tiles; name a file")
            return True
        limit = loading.get("max_pixels", MAX_PIXELS)
        if source is None or limit is None or not has_windows(source):
            return False
        try:
            with open_windows(source, **_without_limit(loading), quiet=True) as image:
                return bool(image.shape[0] * image.shape[1] > limit)
        except SegpriorError:
            return False  # what is wrong is told when it is read

    def __call__(
        self,
        job: Job,
        config: ForegroundConfig | SegmentConfig,
        extras: tuple[str, ...],
        callback: Callback | None,
        *,
        format: str | None,
        loading: dict[str, Any],
        seed: int = 0,
        device: str = "auto",
    ) -> dict[str, object]:
        """Work on one image; return the facts for the report.

        Parameters
        ----------
        job : Job
            Which image, and where its result goes.
        config : ForegroundConfig or SegmentConfig
            What is done.
        extras : tuple of str
            Kinds of files wanted beside the result, which there cannot be.
        callback : callable or None
        format : str or None
            Of the result, where its suffix does not tell.
        loading : dict
            How the image is read.
        seed : int
        device : str
        """
        from segprior.large import foreground_tiles, segment_tiles

        self.check(extras)
        if job.source is None or job.output is None:
            raise OutputError("what is done in tiles goes to a file; pass -o FILE.tif")
        run: Callable[..., TiledResult] = (
            foreground_tiles if isinstance(config, ForegroundConfig) else segment_tiles
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EmptyResultWarning)  # it is among the facts
            found = run(
                job.source,
                job.output,
                config=config,
                tiles=self._config,
                callback=callback,
                format=format,
                loading=_without_limit(loading),
                rng=seed,
                device=device,
            )
        content: dict[str, object] = (
            {"foreground": found.foreground} if found.kind == "mask" else {"labels": found.n_labels}
        )
        return {
            **content,
            **emptiness(found),
            "confidence": found.score,
            "evidence": found.evidence,
            "seed": found.seed,
            "settings": found.config.to_dict(),
            "tiles": {"count": found.count, **found.tiles.to_dict()},
        }


def flag_of_extra(kind: str) -> str:
    """Return the option that asks for a kind of files beside the result."""
    if kind[0].isdigit():  # of one of several results
        return "--coarseness with several levels"
    return _FLAGS.get(kind, f"--{kind}")


def _without_limit(loading: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in loading.items() if name != "max_pixels"}
