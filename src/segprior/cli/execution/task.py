"""What a command asks of an image, whatever the command."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.callbacks import chain
from segprior.cli.arguments.options import options_of
from segprior.cli.execution.large import Large, flag_of_extra
from segprior.cli.execution.plan import are_several
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError, ImageError, OutputError
from segprior.image.pyramid import Pyramid
from segprior.io.export import (
    choose_format,
    plain_suffixes,
    result_formats,
    result_suffixes,
    sharing,
)
from segprior.io.files.budget import limited
from segprior.io.image import READING, check_reading
from segprior.io.registry import by_name, one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.callbacks import Callback
    from segprior.cli.execution.plan import Job
    from segprior.io.planes import Planes
    from segprior.prior.prior import Prior
    from segprior.result import Segmentation

__all__ = ["LabelTask", "Result", "Saver", "Task", "load_prior", "save_epochs", "save_shown"]


Saver = Callable[[Path], object]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one image.

    Attributes
    ----------
    save : callable
        Writes the result to a path.
    extras : dict of str to callable
        Writers of the files beside it, by kind.
    facts : dict
        For the report.
    """

    save: Saver
    extras: dict[str, Saver]
    facts: dict[str, Any]


class Task:
    """What is asked of every image of one command line.

    Parameters
    ----------
    arguments : argparse.Namespace
        As parsed.

    Raises
    ------
    SegpriorError
        If the settings are not valid or do not fit together.
    """

    kinds: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()  # what tells several results of one image apart
    places: Mapping[str, Path] = {}  # of extras that are not beside the result
    reads: tuple[Path, ...] = ()
    name = ""  # stem of the image at work
    image: Path | None = None  # its file
    ending = ".png"  # of the names of results that are not named one by one

    def __init__(self, arguments: argparse.Namespace) -> None:
        options = vars(arguments)
        names = ("channel_axis", *READING)
        self.loading = {name: options[name] for name in names if name in options}
        check_reading(**self.loading)
        self.calling = {"device": options["device"]} if "device" in options else {}
        if "seed" in options:
            from segprior.runtime.seeding import as_seed

            self.calling["seed"] = as_seed(options["seed"])
        self.extras = tuple(kind for kind in self.kinds if options.get(f"save_{kind}"))

    @property
    def suffixes(self) -> Sequence[str]:
        """What the result can be written as."""
        raise NotImplementedError

    def check(self, image: NDArray[Any], suffix: str) -> None:
        """Refuse an image whose result could not be written, before the work is done."""

    def of_file(self, job: Job) -> Result | None:
        """Do the work on what is no image but was made of one before; None if it is an image."""
        return None

    def in_tiles(
        self,
        job: Job,
        stop: Callback | None,
        progress: Callable[[], AbstractContextManager[Callback | None]],
    ) -> dict[str, object] | None:
        """Do the work from file to file if the image is a large one; None if it is not."""
        return None

    def __call__(self, image: Pyramid, callback: Callback | None) -> Result:
        """Do the work on one image."""
        raise NotImplementedError

    def on_stack(self, planes: Planes, suffix: str, callback: Callback | None) -> Result:
        """Do the work on each plane of a stack; suffix is that of the result."""
        raise ImageError(planes.told(), cure=planes.cures())


class LabelTask(Task):
    """A command whose result is a `Segmentation`, in any format that there is."""

    config: Any
    saved: Prior | None = None  # brought by the user
    epochs: tuple[int, ...] = ()  # iterations of the prior to show

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__(arguments)
        options = vars(arguments)
        self.large = Large(arguments)
        if self.large.asked:
            self.large.check(self.extras)
        self.format: str | None = options.get("format")
        output: str | None = options.get("output")
        self.piped = output in (None, "-")
        if self.format is not None:
            formats = result_formats()
            if self.format not in formats:
                raise ConfigError(f"got --format {self.format}; choose {', '.join(formats)}")
            self.ending = formats[self.format].endings[0]
            if formats[self.format].recognises_folder is not None and self.piped:
                raise OutputError(f"{self.format} is a folder; pass -o NAME{self.ending}")
        elif output and (several := sharing(output)) and not Path(output).is_dir():
            raise OutputError(
                f"-o {output} may become {one_of(one.kind for one in several)}; add --format "
                f"{one_of(one.name for one in several)}"
            )

    @property
    def suffixes(self) -> Sequence[str]:
        if self.format is None:
            return result_suffixes()
        return plain_suffixes(result_formats()[self.format].endings)

    def in_tiles(
        self,
        job: Job,
        stop: Callback | None,
        progress: Callable[[], AbstractContextManager[Callback | None]],
    ) -> dict[str, object] | None:
        """See `Task`."""
        if not self.large.takes(job.source, self.loading):
            return None
        with progress() as bar:
            return self.large(
                job,
                self.config,
                self.extras,
                chain(stop, bar),
                format=self.format,
                loading=self.loading,
                **self.calling,
            )

    def find(self, image: Pyramid, callback: Callback | None) -> Segmentation:
        """Segment one image."""
        raise NotImplementedError

    def facts(self, found: Segmentation) -> dict[str, Any]:
        """Return what is told of a result."""
        raise NotImplementedError

    def on_stack(self, planes: Planes, suffix: str, callback: Callback | None) -> Result:
        """See `Task`."""
        from segprior.methods.planes import each_plane

        format = by_name(choose_format(f"result{suffix}", self.format))
        if not format.stacks:
            able = one_of(
                one.suffixes[0] for one in result_formats().values() if one.stacks and one.suffixes
            )
            raise ImageError(
                planes.told(),
                f", which {format.kind} does not hold",
                cure=(f"write {able}, ", *planes.cures()),
            )  # fmt: skip
        if self.extras:
            flag = flag_of_extra(self.extras[0])
            raise ImageError(
                planes.told(), f", and {flag} is of one", cure=("leave it out, ", *planes.cures())
            )
        found = each_plane(planes, lambda image: self.find(image, callback))
        facts = {**self.facts(found), "planes": dict(planes.outer)}
        return Result(save=self.saver(found), extras={}, facts=facts)

    def saver(self, found: Segmentation) -> Saver:
        """Return what writes the result, with the name of the image at work."""
        image, piped = self.image, self.piped

        def save(path: Path) -> object:
            # From standard output no path leads to the image; its name has to do.
            named = path.with_name(image.name) if piped and image is not None else image
            return found.save(path, format=self.format, image=named)

        return save

    def prior_of(
        self, image: Pyramid, config: PriorConfig, callback: Callback | None
    ) -> Prior | None:
        """Return the prior that was brought, or fit one if pictures of it are wanted."""
        if self.saved is not None or {"prior", "epochs"}.isdisjoint(self.extras):
            return self.saved
        from segprior.prior.prior import fit

        return fit(image, config, callback=callback, **self.calling)

    def savers(self, found: Segmentation, image: NDArray[Any] | None) -> dict[str, Saver]:
        """Return what writes the files beside a result, by kind."""
        from segprior.io.pictures import save_picture

        return {
            "overlay": lambda path: save_picture(path, found.overlay(image)),
            "confidence": lambda path: save_picture(path, found.confidence_picture()),
            "table": lambda path: found.save_table(path, image),
        }

    def result(
        self,
        found: Segmentation,
        prior: Prior | None,
        savers: dict[str, Saver],
        facts: dict[str, Any],
    ) -> Result:
        """Put together what is written of an image."""
        if prior is not None:
            savers = {
                **savers,
                "prior": save_shown(prior),
                "epochs": save_epochs(prior, self.epochs),
            }
        extras = {kind: savers[kind] for kind in self.extras}
        return Result(save=self.saver(found), extras=extras, facts=facts)


def load_prior(
    arguments: argparse.Namespace,
    config: type[Presets],
    fields: Collection[str],
    epochs: Sequence[int],
) -> Prior:
    """Read the file of ``--prior``.

    Raises
    ------
    SegpriorError
        If it cannot be read, lacks a snapshot in ``epochs``, or there are several images or
        settings, ``fields`` of ``config``, for a prior to be fitted.
    """
    from segprior.prior.prior import Prior

    if are_several(arguments.images):
        raise ConfigError("--prior is the prior of one image; name that image only")
    for option in options_of(config):
        if option.owner is PriorConfig and option.field in fields and option.field != "snapshots":
            raise ConfigError(
                f"{option.flag} says how a prior is fitted, but --prior brings one that is; "
                "leave one of them out"
            )
    path = Path(arguments.saved_prior)
    with limited(max_bytes=vars(arguments).get("max_bytes")):
        prior = Prior.load(path)
    missing = [number for number in epochs if number not in prior.snapshots]
    if missing:
        held = ", ".join(map(str, prior.snapshots)) or "none"
        raise ConfigError(
            f"{path} holds no snapshot of iteration {missing[0]} (it holds {held}); "
            "ask for those, or fit it anew with --snapshots"
        )
    return prior


def save_shown(prior: Prior) -> Saver:
    """Write the prior as something to look at, however many channels it has."""
    from segprior.image.colour import to_rgb
    from segprior.io.pictures import save_picture

    image = prior.image if prior.shape[2] == 1 else to_rgb(prior.image)
    return lambda path: save_picture(path, image)


def save_epochs(prior: Prior, iterations: Sequence[int] | None = None) -> Saver:
    from segprior.image.panels import strip
    from segprior.io.pictures import save_picture

    wanted = prior.snapshots if iterations is None else iterations
    panels = {str(number): prior.snapshots[number] for number in wanted}
    return lambda path: save_picture(path, strip(panels, prior.shape[:2]))
