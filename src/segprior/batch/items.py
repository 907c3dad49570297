"""A tree of images and the tree of results that it becomes."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from segprior.errors import ConfigError, ImageError, OutputError
from segprior.io.image import image_suffixes

__all__ = [
    "Claims",
    "Item",
    "check_places",
    "file_key",
    "find_items",
    "is_wanted",
    "load_list",
    "name_in_list",
    "plan_item",
    "read_list",
    "refuse_places",
]


_HEAD, _LONGEST_LIST, _MOST_LINES = 1 << 16, 1 << 26, 1_000_000
_LINE = re.compile(rb"[^\r\n]+")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One image and what it becomes.

    Attributes
    ----------
    name : str
        The image in the manifest: its path below the folder, or as the list has it.
    source : Path
        Where it is read from.
    output : Path
        Where its result goes: a file, or a folder.
    extras : dict of str to Path
        Files beside the result, by kind: ``"overlay"``.
    """

    name: str
    source: Path
    output: Path
    extras: dict[str, Path] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        """The result and what is beside it."""
        return [self.output, *self.extras.values()]


class Claims:
    """Which image each file is made from, and which files are images.

    Parameters
    ----------
    is_there : callable, optional
        Whether the image of an item is there still; without it the file is looked for.
    """

    def __init__(self, is_there: Callable[[Item], bool] | None = None) -> None:
        self._is_there = is_there or (lambda item: item.source.exists())
        self._makers: dict[str, Item] = {}
        self._sources: dict[str, Path] = {}

    def add(self, item: Item) -> str | None:
        """Claim the files of an image; say what is in the way, if something is."""
        source = file_key(item.source)
        files = {file_key(file): file for file in item.files}
        if place := next((p for p in files if p in self._sources or p == source), None):
            return f"{files[place]} would be written over an image; choose another folder"
        if source in self._makers:
            return f"{item.source} would be written over by a result; choose another folder"
        for place, file in files.items():
            other = self._makers.get(place)
            if other is not None and other.name != item.name and self._is_there(other):
                return f"{other.source} and {item.source} would both become {file}; rename one"
        self._makers |= dict.fromkeys(files, item)
        self._sources[source] = item.source
        return None


def file_key(path: Path) -> str:
    """What two names of one file have in common."""
    # Some file systems take no notice of case, and there two such names are one file.
    return os.path.realpath(path).casefold()


def check_places(source: Path, output: Path) -> None:
    """Refuse inputs that are not there, and results among the inputs.

    Raises
    ------
    ImageError
        If ``source`` is neither a folder nor a file that may be a list of paths.
    ConfigError
        If ``output`` is the folder of images, or has it inside.
    OutputError
        If ``output`` is a file.
    """
    above = output.resolve()
    refuse_places(
        source,
        output,
        there=source.exists(),
        image=source.suffix.lower() in image_suffixes() and source.is_file(),
        taken=output.exists() and not output.is_dir(),
        among=source.is_dir() and above in (source.resolve(), *source.resolve().parents),
    )


def refuse_places(
    source: object, output: object, *, there: bool, image: bool, taken: bool, among: bool
) -> None:
    """Refuse what :func:`check_places` does, of whatever kind the places are.

    Parameters
    ----------
    source, output : object
        As the user named them.
    there, image : bool
        Whether there are inputs, and whether they are one image.
    taken : bool
        Whether the output is a file.
    among : bool
        Whether the output is the folder of images, or has it inside.
    """
    if not there:
        raise ImageError(f"no folder or file {source}; name a folder, or a text file of paths")
    if image:
        raise ImageError(f"{source} is one image; name a folder, or a text file of paths")
    if taken:
        raise OutputError(f"{output} is a file; name a folder for the results")
    if among:
        raise ConfigError(
            f"the results in {output} would be among the images in {source}; "
            "choose a folder inside it or elsewhere"
        )


def find_items(
    source: Path,
    output: Path,
    *,
    patterns: Sequence[str] = (),
    extras: Mapping[str, str] | None = None,
    ending: str = ".png",
) -> list[Item]:
    """Find the images, and say where the result of each goes.

    Parameters
    ----------
    source : Path
        A folder, searched with its subfolders but without hidden files and ``output``; or a text
        file with a path on each line, relative to the current folder.
    output : Path
        Results keep the path of their image below it: below the folder, for a path in a list
        below the current folder, and for one elsewhere the whole of it.
    patterns : sequence of str
        Shell patterns of which one must match: the file's name, or its path below the folder if
        the pattern has a ``/``. Without any, files with a suffix of an image are taken.
    extras : mapping of str to str
        Kinds of files ``STEM_KIND`` beside each result, with what their names end in.
    ending : str
        What the names of results end in; nothing if they are folders.

    Returns
    -------
    list of Item
        Sorted by name.

    Raises
    ------
    ImageError
        If the folder or the list cannot be read.
    """
    listed = not source.is_dir()
    items = {
        name: plan_item(name, path, output, extras or {}, ending)
        for path, name in (_listed(source) if listed else _walked(source, output))
        if is_wanted(name, patterns, always=listed)
    }
    return [items[name] for name in sorted(items)]


def plan_item(
    name: str, source: Path, output: Path, extras: Mapping[str, str], ending: str
) -> Item:
    """Say where the result of one image goes; parameters as in :func:`find_items`."""
    place = output / name
    beside = {
        kind: place.with_name(f"{place.stem}_{kind}{suffix}") for kind, suffix in extras.items()
    }
    result = place.with_name(f"{place.stem}{ending}")
    return Item(name=name, source=source, output=result, extras=beside)


def is_wanted(name: str, patterns: Sequence[str], *, always: bool) -> bool:
    """Tell whether a name fits a pattern; without patterns it must be that of an image."""
    last = name.rpartition("/")[2]
    if patterns:
        return any(fnmatchcase(name if "/" in p else last, p) for p in patterns)
    return always or Path(last).suffix.lower() in image_suffixes()


def _walked(source: Path, output: Path) -> Iterator[tuple[Path, str]]:
    def refuse(error: OSError) -> None:
        # A folder deeper down that may not be entered is left out, as one that just went away.
        if error.filename is not None and Path(error.filename) == source:
            raise ImageError(f"cannot list {source}: {error.strerror}; name a folder") from error

    results = output.resolve()
    for folder, below, files in os.walk(source, onerror=refuse):
        here = Path(folder)
        below[:] = [
            name
            for name in below
            if not name.startswith(".") and (here / name).resolve() != results
        ]
        for name in files:
            path = here / name
            if not name.startswith(".") and path.is_file():
                yield path, path.relative_to(source).as_posix()


def _listed(source: Path) -> Iterator[tuple[Path, str]]:
    try:
        data = load_list(source)
    except OSError as error:
        raise ImageError(f"cannot read {source}: {error.strerror}; name a text file") from error
    for line in read_list(data, source):
        yield Path(line), name_in_list(line)


def load_list(source: Path) -> bytes:
    """Read a text file of paths, if it may be one.

    Raises
    ------
    OSError
        If it cannot be read.
    ImageError
        If it is too large, or no text file.
    """
    with source.open("rb") as stream:
        head = stream.read(_HEAD)
        size = os.fstat(stream.fileno()).st_size
        if size <= _LONGEST_LIST:
            read_list(head, source)
            # Of a pipe nobody knows its size.
            data = head + stream.read(_LONGEST_LIST - len(head) + 1)
            if len(data) <= _LONGEST_LIST:
                return data
            size = len(data)
        raise ImageError(f"{source}: a list of {size} bytes and more; name a text file of paths")


def read_list(data: bytes, source: object) -> list[str]:
    """Return the lines of a text file, without blank ones.

    Raises
    ------
    ImageError
        If it is no text file, or has too many lines.
    """
    if b"\0" in data or data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ImageError(f"{source} is not a text file; name one with a path on each line")
    lines = []
    for found in _LINE.finditer(data.removeprefix(codecs.BOM_UTF8)):
        if line := os.fsdecode(found[0]).strip():
            lines.append(line)
        if len(lines) > _MOST_LINES:
            raise ImageError(f"{source}: a list of more than {_MOST_LINES} paths; name several")
    return lines


def name_in_list(line: str) -> str:
    """Return a path below the current folder, or the whole of it without its root."""
    full, here = Path(os.path.abspath(line)), Path.cwd()  # noqa: PTH100
    start = here if full.is_relative_to(here) else full.anchor
    return full.relative_to(start).as_posix()
