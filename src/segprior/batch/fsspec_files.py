"""Files and folders at URLs, through fsspec."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from segprior.batch.protocols import check_url
from segprior.errors import ConfigError, ImageError, OutputError, SegpriorError
from segprior.io.files.atomic import write_atomically
from segprior.io.files.budget import check_bytes
from segprior.io.files.durable import make_folder
from segprior.io.files.source import one_line
from segprior.runtime.extras import need

__all__ = ["fetch", "is_url", "list_below", "path_of", "put", "reach", "told"]

_STEP = 1 << 20
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(://|::)")


def is_url(text: object) -> bool:
    """Tell a URL from a path."""
    return _URL.match(os.fspath(text) if isinstance(text, os.PathLike) else str(text)) is not None


def reach(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path there.

    Raises
    ------
    ConfigError
        If there is no way there, or it may lead elsewhere: see :mod:`segprior.batch.protocols`.
    """
    check_url(url)
    core = need("fsspec.core", "dask")
    try:
        found: tuple[Any, str] = core.url_to_fs(url)
    except Exception as error:
        raise ConfigError(f"cannot reach {url}: {one_line(error)}") from error
    return found


@contextmanager
def told(what: str, kind: type[SegpriorError]) -> Iterator[None]:
    """Put what a file system raises, which may be anything, into our words."""
    try:
        yield
    except SegpriorError:
        raise
    except FileNotFoundError as error:
        raise kind(f"{what}: there is no such place; check the name") from error
    except (AttributeError, TypeError) as error:  # of members of archives that are no files
        raise kind(f"{what}: it is no plain file; copy what it stands for") from error
    except Exception as error:
        raise kind(f"{what}: {one_line(error)}") from error


def path_of(url: str) -> Path:
    """Return a path that stands for a URL: for comparing, and below a temporary folder."""
    system, path = reach(url)
    protocol = system.protocol if isinstance(system.protocol, str) else system.protocol[0]
    return Path("/", protocol, re.sub(r"^[\w+.-]+://", "", path).strip("/"))


def _moves(system: Any) -> bool:
    """Tell whether a file system moves a file other than by copying it."""
    base = need("fsspec", "dask").AbstractFileSystem
    return type(system).mv is not base.mv


def _is_of_this_machine(system: Any) -> bool:
    return isinstance(system, need("fsspec.implementations.local", "dask").LocalFileSystem)


def put(url: str, data: bytes) -> None:
    """Write a file whole or not at all; one of this machine is on the disk then."""
    system, path = reach(url)
    if _is_of_this_machine(system):
        with told(f"cannot write {url}", OutputError):
            make_folder(Path(path).parent)
        write_atomically(path, data)
        return
    with told(f"cannot write {url}", OutputError):
        if not _moves(system):
            system.pipe_file(path, data)  # stores show an object when it is complete
            return
        folder = path.rpartition("/")[0]
        system.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.{secrets.token_hex(8)}.tmp"
        try:
            system.pipe_file(temporary, data)
            try:
                system.mv(temporary, path)
            except FileExistsError:  # some do not move over a file
                system.rm_file(path)
                system.mv(temporary, path)
        except BaseException:
            with suppress(Exception):
                system.rm_file(temporary)
            raise


def _protocols(system: Any) -> set[str]:
    named = system.protocol
    return {named} if isinstance(named, str) else set(named)


def fetch(url: str) -> bytes:
    """Read a file whole, if it is no larger than any file may be.

    Raises
    ------
    ImageError
        If it is larger than the memory that one file may take.
    """
    system, path = reach(url)
    size = system.info(path).get("size")
    if size is not None:
        check_bytes(int(size), None, url)
    # A server may send a little that its client then unfolds, whatever the size was said to be.
    if size is not None and not {"http", "https"} & _protocols(system):
        data: bytes = system.cat_file(path)
        return data
    parts, held = [], 0
    with system.open(path, "rb") as stream:
        while part := stream.read(_STEP):
            parts.append(part)
            held += len(part)
            check_bytes(held, None, url)
    return b"".join(parts)


def list_below(url: str) -> dict[str, dict[str, Any]]:
    """List the files below a URL by their paths below it; none if it is not there."""
    system, root = reach(url)
    root = root.rstrip("/")
    with told(f"cannot list {url}", ImageError):
        system.invalidate_cache()
        try:
            found = system.find(root, detail=True)
        except FileNotFoundError:
            return {}
    return {path[len(root) :].lstrip("/"): info for path, info in found.items()}
