"""TIFFs as sets of pages and of files: how many pages, and which files of their own folder."""

from __future__ import annotations

import math
import os
import re
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from segprior.errors import ImageError

if TYPE_CHECKING:
    import tifffile

__all__ = ["beside", "check_set", "say_absent"]

# So many pages, or so long a text about them, take seconds to go through.
_MOST_PAGES, _LONGEST_TEXT, _MOST_PLANES = 100_000, 1 << 23, 1_000_000
_SIZE = re.compile(r"\bSize([CZT])\s*=\s*[\"'](\d+)[\"']")


def check_set(tiff: tifffile.TiffFile, name: str) -> list[str]:
    """Look at how many pages a TIFF has, and at what files it names, before one of them is opened.

    Only sets that OME describes are read as such; the parts of others are files of their own.

    Parameters
    ----------
    tiff : tifffile.TiffFile
        Whose series have not been asked for.
    name : str
        For messages.

    Returns
    -------
    list of str
        The files that are not there.

    Raises
    ------
    ImageError
        If one of them lies outside the folder of the file, or there are too many pages.
    """
    _check_pages(tiff, name)
    # Their indices name files as well, which tifffile would open wherever they are.
    for kind in ("is_mmstack", "is_ndtiff"):
        setattr(tiff, kind, False)
    if not tiff.is_ome:
        return []
    description = tiff.ome_metadata or ""
    _check_description(description, name)
    stream = tiff.filehandle
    folder = Path(stream.dirname) if stream.is_file else None
    absent = []
    for other in _named(description):
        if other == tiff.filename:
            continue
        place = beside(folder, other)
        if place is None:
            raise ImageError(
                f"{name}: a part of its set is said to be {other!r}, outside its folder; "
                "put all files of the set into one folder, under the names that it has for them"
            )
        if folder is None or not place.is_file():
            absent.append(other)
    return absent


def _check_pages(tiff: tifffile.TiffFile, name: str) -> None:
    """Go from page to page, and refuse more than anybody would want to wait for.

    References
    ----------
    TIFF, revision 6.0, Adobe, 1992, section 2; BigTIFF, Aware Systems, 2004.
    """
    kind, stream = tiff.tiff, tiff.filehandle
    stream.seek(8 if kind.is_bigtiff else 4)
    seen: set[int] = set()
    while len(seen) <= _MOST_PAGES:
        field = stream.read(kind.offsetsize)
        if len(field) < kind.offsetsize:
            return
        (place,) = struct.unpack(kind.offsetformat, field)
        if not place or place in seen:
            return
        seen.add(place)
        stream.seek(place)
        field = stream.read(kind.tagnosize)
        if len(field) < kind.tagnosize:
            return
        (count,) = struct.unpack(kind.tagnoformat, field)
        stream.seek(min(place + kind.tagnosize + count * kind.tagsize, stream.size))
    raise ImageError(f"{name}: more than {_MOST_PAGES} pages; save it as several files")


def _check_description(text: str, name: str) -> None:
    if len(text) > _LONGEST_TEXT:
        raise ImageError(f"{name}: a description of {len(text)} letters; save it without")
    sizes = [(axis, int(number[:12])) for axis, number in _SIZE.findall(text)]
    # Each image of several has sizes of its own.
    largest = (max((n for axis, n in sizes if axis == one), default=1) for one in "CZT")
    if (planes := math.prod(largest)) > _MOST_PLANES:
        raise ImageError(f"{name}: {planes} planes are more than {_MOST_PLANES}; save it again")


def _named(description: str) -> list[str]:
    try:
        root = ElementTree.fromstring(description)  # expat itself stops entities that multiply
    except ElementTree.ParseError:
        return []
    parts = (one for one in root.iter() if one.tag.rpartition("}")[2] == "UUID")
    return list(dict.fromkeys(name for part in parts if (name := part.attrib.get("FileName"))))


def beside(folder: Path | None, name: str) -> Path | None:
    """Return the place of a file in a folder; None if its name or a link leads elsewhere."""
    if name in (".", "..") or any(letter in name for letter in "/\\\0:"):
        return None
    if folder is None:
        return Path(name)
    real = os.path.realpath(folder / name)
    return folder / name if os.path.dirname(real) == os.path.realpath(folder) else None  # noqa: PTH120


def say_absent(pages: Sequence[Any], absent: Sequence[str], name: str) -> list[Any]:
    """Leave out the pages of files that are not there, and say so.

    Parameters
    ----------
    pages : sequence of tifffile.TiffPage or None
        Those of one picture, with None for those that are not there.
    absent : sequence of str
        The files that are not there.
    name : str
        For messages.

    Raises
    ------
    ImageError
        If none is there.
    """
    there = [page for page in pages if page is not None]
    if len(there) == len(pages):
        return there
    files = ", ".join(map(repr, absent)) or "a page"
    if not there:
        raise ImageError(f"{name}: its set lacks {files}, which this picture is in; copy that too")
    warnings.warn(
        f"{name}: its set lacks {files}; only {len(there)} of {len(pages)} bands are read",
        stacklevel=2,
    )
    return there
