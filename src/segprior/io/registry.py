"""All formats there are: those of :mod:`segprior.io.formats`, and those of other distributions.

Whoever reads or writes files asks here and has no list of its own. Nothing is looked for before
somebody asks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import BinaryIO

from segprior.io.format import Format
from segprior.runtime.plugins import found_elsewhere, found_inside, skip

__all__ = [
    "GROUP", "by_name", "by_suffix", "endings", "folder_format", "formats", "known", "one_of",
    "recognise",
]  # fmt: skip

GROUP = "segprior.formats"
"""The group of entry points in which other distributions register formats."""

_HEAD = 1024


@cache
def formats() -> tuple[Format, ...]:
    """Return all formats: our own, then those of others, each by rank and name.

    A format of another distribution whose name or suffix is taken is left out, which is told in
    one line, as it is of one that cannot be loaded.
    """

    def place(format: Format) -> tuple[int, str]:
        return format.rank, format.name

    found = sorted(found_inside("segprior.io.formats", "FORMAT", Format), key=place)
    others = list(found_elsewhere(GROUP, Format))
    for origin, format in sorted(others, key=lambda other: place(other[1])):
        taken = _taken(format, found)
        if taken:
            skip(origin, taken)
        else:
            found.append(format)
    return tuple(found)


def _taken(format: Format, others: Iterable[Format]) -> str:
    for other in others:
        if other.name == format.name:
            return f"the name {format.name!r} is taken; choose another one"
        for suffix in format.suffixes:
            if suffix in other.endings:
                return f"{suffix} is a suffix of {other.name}; move it to the shared ones"
    return ""


def by_name(name: str) -> Format:
    """Return the format of a name, which must be there."""
    return next(format for format in formats() if format.name == name)


def by_suffix(
    path: str | os.PathLike[str], able: Callable[[Format], object] = lambda format: True
) -> Format | None:
    """Find the format that the name of a file stands for.

    Parameters
    ----------
    path : str or path-like
        Only its name counts, whether or not there is such a file.
    able : callable
        Tells whether a format can do what is wanted.

    Returns
    -------
    Format or None
        That with the longest suffix; None if there is none.
    """
    path = Path(path)
    if not path.suffix:  # a name such as .png is no suffix
        return None
    found = [
        (len(suffix), format)
        for format in formats()
        if able(format)
        for suffix in format.suffixes
        if path.name.lower().endswith(suffix)
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


def recognise(stream: BinaryIO, name: str) -> Format | None:
    """Find the format of a file that holds an image, by its first bytes, or else by its suffix.

    Parameters
    ----------
    stream : binary file object
        At its start, where it is left.
    name : str
        What the file is called.
    """
    head = stream.read(_HEAD)
    stream.seek(0)
    for format in formats():
        if _reads(format) and format.recognises is not None and format.recognises(head):
            return format
    return by_suffix(name, _known_by_name)


def _reads(format: Format) -> bool:
    return format.read is not None or format.open_windows is not None


def _known_by_name(format: Format) -> bool:
    return _reads(format) and format.recognises is None and format.recognises_folder is None


def folder_format(source: object) -> Format | None:
    """Find the format of a folder that is one image; None of all that is not such a folder."""
    if not isinstance(source, str | os.PathLike):
        return None
    path = Path(os.fsdecode(source))
    for format in formats():
        if format.recognises_folder is not None and format.open_windows is not None:
            try:
                if format.recognises_folder(path):
                    return format
            except (OSError, ValueError):  # of a name that cannot be one
                continue
    return None


def endings(able: Callable[[Format], object]) -> tuple[str, ...]:
    """Return the suffixes of the formats that can do something, each once."""
    return tuple(dict.fromkeys(suffix for one in formats() if able(one) for suffix in one.suffixes))


def known(*, labels: bool = False) -> str:
    """Say for a message which files are read, or which may hold labels that segprior wrote."""
    return one_of(
        [
            format.title or format.suffixes[0]
            for format in formats()
            if format.read is not None and (format.writes_labels or not labels)
        ]
    )


def one_of(words: Iterable[str]) -> str:
    """Put words into a sentence: ``a, b or c``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
