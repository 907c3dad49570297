"""What will be read and what will be written, settled before any long work begins."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segprior.batch.items import file_key
from segprior.errors import ConfigError, ImageError, OutputError
from segprior.io.export import is_folder_suffix
from segprior.io.registry import folder_format

__all__ = ["Job", "Plan", "are_several", "endings_beside", "make_folder_plan", "make_plan"]

# What the names of files beside a result end in, where that is not .png.
_ENDINGS = {"hierarchy": ".npz", "table": ".csv"}
_STANDARD = "-"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One image and the files that it becomes.

    Attributes
    ----------
    name : str
        The image as the user named it.
    source : Path or None
        Where it is read from; None is standard input.
    output : Path or None
        Where the result goes; None is standard output.
    extras : dict of str to Path
        Files beside the result, by kind: ``"overlay"``.
    cuts : tuple of str
        Which kinds of these are further results.
    """

    name: str
    source: Path | None
    output: Path | None
    extras: dict[str, Path] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that is to be done.

    Attributes
    ----------
    jobs : list of Job
        In the order of the command line, a folder's images by name.
    failures : list of (str, str)
        Inputs that cannot become jobs, each with the reason.
    made : list of Path
        Folders that were made for the output, the innermost last.
    """

    jobs: list[Job]
    failures: list[tuple[str, str]]
    made: list[Path] = field(default_factory=list)

    def tidy(self) -> None:
        """Remove the folders that were made and have stayed empty."""
        for folder in reversed(self.made):
            try:
                folder.rmdir()
            except OSError:
                return  # it holds results, so it and its parents stay


def make_plan(
    images: Sequence[str],
    output: str | None,
    *,
    extras: Iterable[str] = (),
    suffixes: Collection[str],
    keep: Iterable[Path] = (),
    ending: str = ".png",
    cuts: Sequence[str] = (),
    places: Mapping[str, Path] | None = None,
) -> Plan:
    """Settle inputs and outputs, and make the output folder if there is to be one.

    Parameters
    ----------
    images : sequence of str
        Files, folders or ``-``.
    output : str or None
        File, folder or ``-``, as the user gave it.
    extras : iterable of str
        Kinds of files wanted beside each result.
    suffixes : collection of str
        What the result can be written as.
    keep : iterable of Path
        Other files that are read and so must not be written over.
    ending : str
        What the names of files in a folder end in.
    cuts : sequence of str
        What tells the results of one image apart, if there are several: the first is the result,
        the others are among ``extras``.
    places : mapping of str to Path, optional
        Where extras of one image go, by kind, if not beside the result.

    Raises
    ------
    ConfigError
        If the inputs and the output do not fit together.
    OutputError
        If the output cannot be written.
    """
    places = places or {}
    extras = [kind for kind in extras if kind not in places]
    if images.count(_STANDARD) > 1:
        raise ConfigError("standard input (-) can be read once; name it once")
    if output is None:
        if list(images) != [_STANDARD]:
            stem = Path(images[0]).stem or "result"
            raise ConfigError(f"no output; add -o {stem}_out.png, -o FOLDER{os.sep} or -o -")
        output = _STANDARD
    sources, failures = _sources(images)
    many = are_several(images)
    if output == _STANDARD:
        if many:
            raise ConfigError("several images cannot share standard output; pass -o FOLDER")
        if cuts:
            raise ConfigError("several results cannot share standard output; pass -o FILE")
        if extras:
            raise ConfigError(f"no place for {extras[0]} on standard output; pass -o FILE")
        jobs = [Job(name=n, source=s, output=None, extras=dict(places)) for n, s in sources]
        _check_clashes(jobs, keep)
        for path in places.values():
            _check_writable(path.parent)
        return Plan(jobs=jobs, failures=failures)

    target = Path(output)
    suffix = target.suffix.lower()
    named = bool(suffix) and target.name.lower().endswith(tuple(suffixes))
    as_folder = (target.is_dir() and not (named and is_folder_suffix(suffix))) or output.endswith(
        ("/", os.sep)
    )
    if many and not as_folder:
        if named or target.exists():
            raise ConfigError(f"several images need a folder, got -o {output}; name a folder")
        as_folder = True
    if not as_folder and not named:
        known = ", ".join(sorted(suffixes))
        found = f"suffix {target.suffix!r}" if suffix else "a name without a suffix"
        raise OutputError(
            f"got {found} in -o {output}; end it in one of {known}, or in {os.sep} for a folder"
        )
    jobs = []
    for name, source in sources:
        file = target / f"{_stem(source)}{ending}" if as_folder else target
        stem = _stem(source) if as_folder else re.sub(r"\.ome$", "", file.stem, flags=re.I)
        own = file.name[len(stem) :]
        beside = {
            kind: file.with_name(f"{stem}_{kind}{end}")
            for kind, end in endings_beside(extras, cuts, own).items()
        }
        if cuts:
            file = file.with_name(f"{stem}_{cuts[0]}{own}")
        beside |= places
        jobs.append(Job(name=name, source=source, output=file, extras=beside, cuts=tuple(cuts[1:])))
    _check_clashes(jobs, keep)
    for path in places.values():
        _check_writable(path.parent)
    return _settled(jobs, failures, target if as_folder else target.parent, make=as_folder)


def endings_beside(extras: Iterable[str], cuts: Collection[str], ending: str) -> dict[str, str]:
    """Say what the names of the files beside a result end in, by kind.

    Parameters
    ----------
    extras : iterable of str
        Such as ``overlay``, or ``0.5_overlay`` of one of several results.
    cuts : collection of str
        Which of them are results.
    ending : str
        Of a result.
    """
    return {
        kind: ending if kind in cuts else _ENDINGS.get(kind.rpartition("_")[2], ".png")
        for kind in extras
    }


def are_several(images: Sequence[str]) -> bool:
    """Tell whether what the user named may be more than one image."""
    return len(images) > 1 or (images[0] != _STANDARD and _is_folder(Path(images[0])))


def make_folder_plan(images: Sequence[str], output: str | None) -> Plan:
    """Settle inputs and outputs of a command that makes a folder of each image.

    Parameters
    ----------
    images : sequence of str
        Files, folders or ``-``.
    output : str or None
        The folder: of the one image, or of a folder STEM for each of several.

    Raises
    ------
    ConfigError
        If the inputs and the output do not fit together.
    OutputError
        If the output cannot be written.
    """
    from segprior.io.image import image_suffixes

    if images.count(_STANDARD) > 1:
        raise ConfigError("standard input (-) can be read once; name it once")
    if output is None:
        stem = "result" if images[0] == _STANDARD else Path(images[0]).stem or "result"
        raise ConfigError(f"no output; add -o {stem}_out{os.sep}")
    target = Path(output)
    if output == _STANDARD or target.suffix.lower() in image_suffixes():
        raise ConfigError(f"the result is a folder, got -o {output}; name a folder")
    sources, failures = _sources(images)
    many = are_several(images)
    jobs = [
        Job(name=name, source=source, output=target / _stem(source) if many else target)
        for name, source in sources
    ]
    _check_clashes(jobs, ())
    return _settled(jobs, failures, target, make=True)


def _settled(jobs: list[Job], failures: list[tuple[str, str]], folder: Path, *, make: bool) -> Plan:
    """Make the folder of the results if it is to be made, and see that it can be written to."""
    if not jobs:
        return Plan(jobs=[], failures=failures)
    plan = Plan(jobs=jobs, failures=failures, made=_make_folder(folder) if make else [])
    try:
        _check_writable(folder)
    except OutputError:
        plan.tidy()
        raise
    return plan


def _sources(images: Sequence[str]) -> tuple[list[tuple[str, Path | None]], list[tuple[str, str]]]:
    """Turn what the user named into files; one named twice counts once."""
    from segprior.io.image import list_images

    found: dict[str, tuple[str, Path | None]] = {}
    failures = []
    for name in images:
        path = Path(name)
        if name == _STANDARD:
            found[name] = ("-", None)
        elif _is_folder(path):
            try:
                inside = list_images(path)
            except ImageError as error:
                failures.append((name, str(error)))
                continue
            for file in inside:
                found.setdefault(os.path.realpath(file), (str(file), file))
        else:
            found.setdefault(os.path.realpath(path), (name, path))
    return list(found.values()), failures


def _is_folder(path: Path) -> bool:
    """Whether it is a folder of images, and not one that is an image itself."""
    return path.is_dir() and folder_format(path) is None


def _stem(source: Path | None) -> str:
    return "stdin" if source is None else source.stem


def _check_clashes(jobs: Sequence[Job], keep: Iterable[Path]) -> None:
    """Refuse plans in which a result would replace an input or another result."""
    inputs = {file_key(job.source) for job in jobs if job.source is not None}
    inputs |= {file_key(path) for path in keep}
    taken: dict[str, str] = {}
    for job in jobs:
        for file in filter(None, (job.output, *job.extras.values())):
            key = file_key(file)
            if key in inputs:
                raise ConfigError(f"{file} would be written over the input; choose another output")
            if key in taken:
                raise ConfigError(
                    f"{taken[key]} and {job.name} would both become {file}; "
                    "rename one, or give each its own -o"
                )
            taken[key] = job.name


def _make_folder(folder: Path) -> list[Path]:
    missing = []
    place = folder
    while not place.exists() and place != place.parent:
        missing.append(place)
        place = place.parent
    made: list[Path] = []
    try:
        for place in reversed(missing):
            place.mkdir()
            made.append(place)
        if not folder.is_dir():
            raise NotADirectoryError(0, "it is a file")
    except OSError as error:
        Plan(jobs=[], failures=[], made=made).tidy()
        raise OutputError(
            f"cannot make the folder {folder}: {error.strerror}; choose another place"
        ) from error
    return made


def _check_writable(folder: Path) -> None:
    """Try it, since permissions alone do not tell of read-only and full file systems."""
    if not folder.is_dir():
        raise OutputError(f"no folder {folder}; make it first, or choose another place")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"cannot write to the folder {folder}: {error.strerror}; choose another place"
        ) from error
