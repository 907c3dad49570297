"""Open whatever holds a file: a path, bytes or a file object."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from segprior.errors import ImageError
from segprior.io.files.budget import check_bytes
from segprior.messages import shown

__all__ = ["folded", "name_of", "one_line", "open_source", "unexpected"]

_STEP = 1 << 20


@contextmanager
def open_source(source: object) -> Iterator[tuple[BinaryIO, str]]:
    """Open a source for reading from its start, and find a name for it.

    Parameters
    ----------
    source : str, path-like, bytes, bytearray, memoryview or binary file object
        A file object is read to its end and left open.

    Yields
    ------
    stream : binary file object
        Can be sought, and holds at least one byte.
    name : str
        For messages.

    Raises
    ------
    ImageError
        If there is no such file, it cannot be read, or it is empty.
    """
    stream, name = _open(source)
    # A stream over bytes needs no closing, and views of it may outlive this function.
    with nullcontext(stream) if isinstance(stream, io.BytesIO) else stream:
        if not stream.read(1):
            raise ImageError(f"{name}: 0 bytes, nothing to read; save or copy it again")
        stream.seek(0)
        yield stream, name


def name_of(source: object) -> str:
    """Find what messages call a source; see :func:`open_source`."""
    if isinstance(source, bytes | bytearray | memoryview):
        return "the bytes"
    if isinstance(source, str | os.PathLike):
        return str(Path(os.fsdecode(source)))
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "the stream"


def _open(source: object) -> tuple[BinaryIO, str]:
    called = name_of(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source), called
    if isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source))
        try:
            stream = path.open("rb")
            if stream.seekable():
                return stream, called
            with stream:
                return io.BytesIO(_read_all(stream, called)), called
        except ImageError:  # above the budget
            raise
        except FileNotFoundError as error:
            raise ImageError(f"no file {path}; check its name and folder") from error
        except (IsADirectoryError, PermissionError) as error:
            if path.is_dir():  # a permission error on Windows
                raise ImageError(f"{path} is a folder; name a file in it") from error
            raise ImageError(f"cannot read {path}: not permitted; check its rights") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ImageError(f"cannot read {str(path)!r}: {reason}; check its name") from error
    if not callable(getattr(source, "read", None)):
        raise ImageError(
            f"cannot read a {type(source).__name__}; pass a path, bytes or an open binary file"
        )
    try:
        data = _read_all(source, called)
    except ImageError:
        raise
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot read {called}: {one_line(error)}; open it with 'rb'") from error
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ImageError(f"{called} gives {type(data).__name__}, not bytes; open it with 'rb'")
    return io.BytesIO(data), called


def _read_all(source: Any, name: str) -> Any:
    """Read a file object to its end, which a stream need not have."""
    if not isinstance(source, io.RawIOBase | io.BufferedIOBase):
        return source.read()
    parts, held = [], 0
    while part := source.read(_STEP):
        parts.append(part)
        held += len(part)
        check_bytes(held, None, name)
    return b"".join(parts)


def one_line(error: BaseException) -> str:
    """Put an exception of some other library on one line of reasonable length."""
    text = folded(error) or type(error).__name__
    return text if len(text) <= 160 else f"{text[:157]}..."


def unexpected(error: BaseException) -> str:
    """Tell of an exception that nobody foresaw."""
    return f"unexpected {type(error).__name__}: {folded(error)[:200]}"


def folded(text: object) -> str:
    """Put a message on one line, whatever a file name or a library has put into it."""
    return shown(" ".join(str(text).split()))
