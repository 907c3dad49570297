"""Bring files and folders to the disk, so that they outlive a power cut, and know them again."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

__all__ = ["Written", "content", "make_folder", "size", "sync", "sync_folder", "sync_tree"]

_PIECE = 1 << 20


class Written(NamedTuple):
    """A file or folder of a result, as it was when it was written.

    Attributes
    ----------
    name : str
        Its path below the folder of results.
    size : int
        Bytes; of a folder, those of all files in it.
    hash : str
        Of its bytes; of a folder, of the names and bytes of all files in it.
    """

    name: str
    size: int
    hash: str


def sync(stream: BinaryIO) -> None:
    """Bring what was written to an open file to the disk.

    Raises
    ------
    OSError
        If the disk has no room for it, or fails.
    """
    stream.flush()
    os.fsync(stream.fileno())


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Bring the names in a folder to the disk, where the system can do that."""
    # Windows opens no folders, and some network file systems sync none: nothing can be done there.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_tree(folder: Path) -> None:
    """Bring all files and folders below a folder, and its own names, to the disk."""
    for here, _, files in os.walk(folder, topdown=False):
        for name in files:
            with Path(here, name).open("rb+") as stream:
                sync(stream)
        sync_folder(here)


def make_folder(folder: Path) -> None:
    """Make a folder and those around it where they are missing, and bring them to the disk."""
    missing = []
    place = folder
    while not place.exists() and place != place.parent:
        missing.append(place)
        place = place.parent
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        sync_folder(place.parent)


def size(path: Path) -> int | None:
    """Return the bytes of a file, or of all files in a folder; None if there is nothing."""
    try:
        if path.is_dir():
            return sum(file.stat().st_size for _, file in _inside(path))
        return path.stat().st_size
    except (OSError, ValueError):  # ValueError: no name of a file at all
        return None


def content(path: Path) -> str:
    """Hash a file, or the names and files in a folder; what cannot be read has another hash."""
    total = hashlib.blake2b(digest_size=16)
    if path.is_dir():
        for name, file in _inside(path):
            total.update(f"\0{name}\0{content(file)}".encode(errors="surrogateescape"))
        return total.hexdigest()
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                total.update(piece)
    except (OSError, ValueError):
        return ""
    return total.hexdigest()


def _inside(folder: Path) -> list[tuple[str, Path]]:
    return sorted(
        (path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file()
    )
