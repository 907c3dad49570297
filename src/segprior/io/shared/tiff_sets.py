"""TIFFs that are parts of a set: their other files, in their own folder and nowhere else."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from segprior.errors import ImageError

if TYPE_CHECKING:
    import tifffile

__all__ = ["beside", "check_set", "say_absent"]


def check_set(tiff: tifffile.TiffFile, name: str) -> list[str]:
    """Look at what files an OME-TIFF names, before any of them is opened.

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
        If one of them lies outside the folder of the file.
    """
    # Their indices name files as well, which tifffile would open wherever they are.
    for kind in ("is_mmstack", "is_ndtiff"):
        setattr(tiff, kind, False)
    if not tiff.is_ome:
        return []
    stream = tiff.filehandle
    folder = Path(stream.dirname) if stream.is_file else None
    absent = []
    for other in _named(tiff.ome_metadata or ""):
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
