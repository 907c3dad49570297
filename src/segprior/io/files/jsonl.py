"""Finished results in a file of lines, so that long work goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segprior.errors import OutputError
from segprior.io.files.durable import make_folder, sync, sync_folder

__all__ = [
    "Store",
    "add_line",
    "bytes_digest",
    "digest",
    "file_digest",
    "parse_lines",
    "read_lines",
]


class Store:
    """Results by key, one JSON object per line; a line cut short by a kill is left out.

    With each goes a hash of it, by which a line that was changed or damaged since is told.

    Parameters
    ----------
    path : str or path-like, optional
        The file, which is read if it exists and made otherwise, its folder too; without one the
        results are held in memory only.

    Raises
    ------
    OutputError
        If the file cannot be read or made.

    Examples
    --------
    >>> store = Store()
    >>> store.add("a", {"iou": 0.5})
    >>> store.get("a"), store.get("b")
    ({'iou': 0.5}, None)
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = None if path is None else Path(path)
        self._rows: dict[str, dict[str, Any]] = {}
        if self.path is None:
            return
        for entry in read_lines(self.path, _is_entry):
            self._rows[entry["key"]] = entry["row"]

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the latest result under a key, if there is one."""
        return self._rows.get(key)

    def add(self, key: str, row: Mapping[str, Any]) -> None:
        """Keep a result, on the disk before this returns.

        Raises
        ------
        OutputError
            If the file cannot be written to.
        ValueError
            If the row holds what JSON cannot.
        """
        if self.path is not None:
            add_line(self.path, {"key": key, "row": dict(row), "hash": digest(dict(row))})
        self._rows[key] = dict(row)


def _is_entry(entry: dict[str, Any]) -> bool:
    key, row = entry.get("key"), entry.get("row")
    return isinstance(key, str) and isinstance(row, dict) and entry.get("hash") == digest(row)


def read_lines(path: Path, is_ours: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Read the JSON objects of a file of lines, which is made if missing, its folder too.

    A line that was cut short by a kill is left out, and ended so that the next is a new one. Other
    lines that are no use are passed over with a warning.

    Parameters
    ----------
    path : pathlib.Path
    is_ours : callable
        Tells whether an object is what the file should hold.

    Raises
    ------
    OutputError
        If the file cannot be read or made.
    """
    try:
        make_folder(path.parent)
        is_new = not path.exists()
        with path.open("ab+") as stream:
            stream.seek(0)
            data = stream.read()
            if data and not data.endswith(b"\n"):
                stream.write(b"\n")
                sync(stream)
        if is_new:
            sync_folder(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error
    return parse_lines(data, path, is_ours)


def parse_lines(
    data: bytes, name: object, is_ours: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Return the JSON objects of the lines that hold one; parameters as of :func:`read_lines`."""
    entries, damaged = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        entry = _parsed(line)
        if entry is not None and is_ours(entry):
            entries.append(entry)
        elif entry is not None or not _is_torn(line):
            damaged.append(number)
    if damaged:
        first = ", ".join(map(str, damaged[:5]))
        more = f" and {len(damaged) - 5} more" if len(damaged) > 5 else ""
        warnings.warn(
            f"{name}: passed over what is damaged, line{'s' * (len(damaged) > 1)} {first}{more}; "
            "what it told of is done again",
            stacklevel=2,
        )
    return entries


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return an object that can also be written again, or nothing."""
    try:
        entry = json.loads(line)
        json.dumps(entry, allow_nan=False)  # NaN and infinities are no JSON
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _is_torn(line: bytes) -> bool:
    """Whether a kill has cut a line short, which is nothing to tell of; or it is empty."""
    return not line.strip() or (line.startswith(b"{") and line.count(b"{") > line.count(b"}"))


def add_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Add a JSON object to a file of lines, on the disk before this returns.

    Raises
    ------
    OutputError
        If the file cannot be written to.
    ValueError
        If it holds what JSON cannot.
    """
    line = json.dumps(entry, allow_nan=False) + "\n"
    try:
        # One write of one line: other processes may add to the same file.
        with path.open("ab", buffering=0) as stream:
            stream.write(line.encode())
            os.fsync(stream.fileno())
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or error
    return OutputError(f"cannot keep results in {path}: {reason}; choose another place")


def digest(value: Any) -> str:
    """Hash plain values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def file_digest(path: Path) -> str:
    """Hash the content of a file; one that cannot be read has the hash of its name."""
    try:
        return bytes_digest(path.read_bytes())
    except OSError:
        return digest(str(path))


def bytes_digest(data: bytes) -> str:
    """Hash bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
