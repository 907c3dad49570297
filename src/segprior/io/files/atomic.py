"""Write a file whole or not at all, and so that it outlives a power cut."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from segprior.errors import OutputError
from segprior.io.files.durable import sync, sync_folder, sync_tree

__all__ = ["folder_atomically", "open_atomically", "write_atomically"]


def write_atomically(path: str | os.PathLike[str], data: bytes | memoryview) -> Path:
    """Write the whole content of a file as :func:`open_atomically` does.

    Returns
    -------
    pathlib.Path
        ``path``, as it was given.

    Raises
    ------
    OutputError
        As :func:`open_atomically` does.
    """
    with open_atomically(path) as stream:
        stream.write(data)
    return Path(path)


@contextmanager
def open_atomically(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file under a temporary name in its folder, and move it into place at the end.

    Whoever looks at ``path`` sees the old file or the whole new one, also after a power cut, and
    nothing is left behind when the writing fails or is interrupted. What has been written is on
    the disk when this returns. A symbolic link is followed; what is neither a file nor a folder,
    such as ``/dev/null`` or a pipe, is written to directly.

    Parameters
    ----------
    path : str or path-like
        Where to write; an existing file is replaced.

    Yields
    ------
    binary file object
        To write to.

    Raises
    ------
    OutputError
        If the folder does not exist or cannot be written to, or ``path`` is a folder.
    """
    given = Path(path)
    with _told(given):
        target = _target(given)
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                yield stream
            return
        # The temporary name does not contain the target's, which may already be as long as
        # allowed, and tempfile is not used because its files are readable by their owner only.
        temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with temporary.open("xb") as stream:
                yield stream
                sync(stream)
            temporary.replace(target)
            sync_folder(target.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def folder_atomically(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Fill a folder under a temporary name beside its place, and move it there at the end.

    Parameters
    ----------
    path : str or path-like
        A file or folder of that name is replaced.

    Yields
    ------
    pathlib.Path
        Not made yet.

    Raises
    ------
    OutputError
        If the folder around it does not exist or cannot be written to.
    """
    given = Path(path)
    with _told(given):
        target = given.resolve()
        if not target.parent.is_dir():
            raise OutputError(f"cannot write {given}: no folder {given.parent}; make it first")
        temporary, old = (target.with_name(f".{secrets.token_hex(8)}.tmp") for _ in range(2))
        try:
            yield temporary
            sync_tree(temporary)
            if target.exists():
                target.replace(old)
            temporary.replace(target)
            sync_folder(target.parent)
        except BaseException:
            if old.exists() and not target.exists():
                old.replace(target)
            raise
        finally:
            for left in (temporary, old):
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)


@contextmanager
def _told(given: Path) -> Iterator[None]:
    """Put into our words what the system has against a place."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"cannot write {given}: {reason}; choose a place that can be written to"
        ) from error


def _target(given: Path) -> Path:
    try:
        target = given.resolve()
        if target.is_dir():
            raise OutputError(f"cannot write {given}: it is a folder; add a file name to it")
    except ValueError as error:
        raise OutputError(f"cannot write {str(given)!r}: {error}; choose another name") from error
    if not target.parent.is_dir():
        raise OutputError(f"cannot write {given}: no folder {given.parent}; make it first")
    return target
