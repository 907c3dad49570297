"""The levels of a hierarchy for ``segprior segment``: several cuts, and the files of all levels."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segprior.cli.arguments.options import flag_of
from segprior.cli.execution.large import OF_ONE
from segprior.cli.execution.plan import are_several
from segprior.config.presets import field_names
from segprior.config.running import BatchConfig
from segprior.errors import ConfigError
from segprior.io.image import MAX_PIXELS

if TYPE_CHECKING:
    from segprior.image.pyramid import Pyramid
    from segprior.methods.multiclass.config import SegmentConfig
    from segprior.methods.multiclass.levels import Hierarchy
    from segprior.result import Segmentation

__all__ = ["Levels"]

# Files that each of several cuts has.
_OF_CUTS = ("overlay", "boundaries", "confidence", "table")
# Options that say how a hierarchy is cut, and with which others they go where it is read.
_CUTTING = ("coarseness", "classes", "min_classes", "max_classes", "connected")
_FITTING = {
    *_CUTTING, "images", "output", "format", "json", "quiet", "max_bytes", "max_pixels",
    "save_confidence", "save_table", "save_ucm", "pattern", "watch", *field_names(BatchConfig),
}  # fmt: skip
_NEED_IMAGE = ("save_overlay", "save_boundaries", "min_size")


class Levels:
    """What was asked for beside one cut, and the options for a hierarchy that is read.

    Parameters
    ----------
    arguments : argparse.Namespace
        As parsed.
    fields : dict of str to object
        Those of the configuration that were given. Of several ``coarseness`` the first is left.

    Attributes
    ----------
    coarseness : tuple of float
        Several; empty if there is none or one.
    cuts : tuple of str
        What the names of the files of each end in.
    places : dict of str to Path
        Where the files of all levels go, by kind, if they have names of their own.
    asked : bool
        Whether all levels are needed, and not one cut alone.

    Raises
    ------
    SegpriorError
        If they do not fit together.
    """

    def __init__(self, arguments: argparse.Namespace, fields: dict[str, Any]) -> None:
        self.coarseness: tuple[float, ...] = ()
        if isinstance(fields.get("coarseness"), tuple):
            self.coarseness = fields["coarseness"]
            fields["coarseness"] = self.coarseness[0]
        self.cuts = tuple(repr(level).removesuffix(".0") for level in self.coarseness)
        for cut in self.cuts:
            if self.cuts.count(cut) > 1:
                raise ConfigError(f"got --coarseness {cut} twice; name each level once")
        options = vars(arguments)
        self._files = [kind for kind in ("hierarchy", "ucm") if options.get(f"save_{kind}")]
        self.places: dict[str, Path] = {}
        for kind in self._files:
            if isinstance(name := options[f"save_{kind}"], str):
                if are_several(arguments.images):
                    raise ConfigError(
                        f"--{kind} {name} names one file; leave the name out for several images"
                    )
                self.places[kind] = Path(name)
        self._table = options.get("save_table", False)
        self.asked = bool(self.cuts or self._files)
        self._unfit = [
            name
            for name, value in options.items()
            if name not in _FITTING and value is not None and value is not False
        ]

    def check(self, config: SegmentConfig) -> None:
        """Refuse settings without levels, and those with which all cuts would be the same.

        Raises
        ------
        ConfigError
        """
        for level in self.coarseness:
            config.replace(coarseness=level)
        if self.cuts and config.classes is not None:
            raise ConfigError(
                f"--classes {config.classes} is the same at every --coarseness; leave one of them "
                "out"
            )
        if self._files and config.method != "hierarchy":
            raise ConfigError(
                f"--{self._files[0]} is for a hierarchy, and --method {config.method} has no "
                "levels; leave one of them out"
            )

    def of_each_cut(self, extras: tuple[str, ...]) -> tuple[str, ...]:
        """Put the further cuts among the kinds of extra files, and those of each cut."""
        if not self.cuts:
            return extras
        own = [f"{cut}_{kind}" for cut in self.cuts for kind in extras if kind in _OF_CUTS]
        return (*self.cuts[1:], *own, *(kind for kind in extras if kind not in _OF_CUTS))

    def find(
        self, image: Pyramid, config: SegmentConfig, calling: dict[str, Any]
    ) -> tuple[Hierarchy, list[Segmentation]]:
        """Find the hierarchy of an image, and cut it.

        Parameters
        ----------
        image : Pyramid
        config : SegmentConfig
        calling : dict of str to object
            More arguments of :func:`segprior.methods.multiclass.hierarchy.find_levels`.
        """
        from segprior.methods.multiclass.api import cut_level
        from segprior.methods.multiclass.hierarchy import find_levels

        levels = find_levels(image, config, **calling)
        return levels, [cut_level(levels, one, image.full) for one in self._each(levels.config)]

    def cut_file(
        self, path: Path, config: SegmentConfig, loading: dict[str, Any]
    ) -> tuple[Hierarchy, list[Segmentation]]:
        """Read a hierarchy, and cut it.

        Parameters
        ----------
        path : Path
            A file of ``--hierarchy``.
        config : SegmentConfig
            Where it is cut; the rest of it does not count.
        loading : dict of str to object
            How images are read; the limit of pixels counts.

        Raises
        ------
        ConfigError
            If there are options that have no use here.
        ImageError
            If it cannot be read, or there are not as many segments as asked for.
        """
        for name in self._unfit:
            raise ConfigError(
                f"{_flag(name)} needs the image, which {path.name} does not hold; leave it out"
                if name in _NEED_IMAGE
                else f"{_flag(name)} has no use with {path.name}, whose hierarchy is made already; "
                "leave it out"
            )
        from segprior.methods.multiclass.api import cut_level
        from segprior.methods.multiclass.levels import Hierarchy

        levels = Hierarchy.load(path, max_pixels=loading.get("max_pixels", MAX_PIXELS))
        cutting = {name: getattr(config, name) for name in _CUTTING}
        cut = levels.config.replace(**cutting, min_size=config.min_size)
        if self._table:
            warnings.warn(f"{path.name} holds no image; no colours in the table", stacklevel=2)
        return levels, [cut_level(levels, one) for one in self._each(cut)]

    def _each(self, config: SegmentConfig) -> list[SegmentConfig]:
        """The configuration of each cut."""
        if not self.cuts:
            return [config]
        return [config.replace(coarseness=level) for level in self.coarseness]


def _flag(name: str) -> str:
    """What is typed for an argument."""
    if name in ("save_overlay", "save_boundaries", "save_hierarchy"):
        return flag_of(name.removeprefix("save_"))
    return OF_ONE.get(name) or flag_of(name)
