"""Finished results in a file of lines, so that long work goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segprior.errors import OutputError

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
        for entry in read_lines(self.path):
            try:
                self._rows[entry["key"]] = entry["row"]
            except (KeyError, TypeError):
                continue  # not ours

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the latest result under a key, if there is one."""
        return self._rows.get(key)

    def add(self, key: str, row: Mapping[str, Any]) -> None:
        """Keep a result, in the file before this returns.

        Raises
        ------
        OutputError
            If the file cannot be written to.
        ValueError
            If the row holds what JSON cannot.
        """
        if self.path is not None:
            add_line(self.path, {"key": key, "row": dict(row)})
        self._rows[key] = dict(row)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read the JSON objects of a file of lines, which is made if missing, its folder too.

    A line that was cut short by a kill is left out, and ended so that the next is a new one.

    Raises
    ------
    OutputError
        If the file cannot be read or made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as stream:
            stream.seek(0)
            data = stream.read()
            if data and not data.endswith(b"\n"):
                stream.write(b"\n")
    except OSError as error:
        raise _unusable(path, error) from error
    return parse_lines(data)


def parse_lines(data: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of the lines that hold one."""
    entries = []
    for line in data.split(b"\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def add_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Add a JSON object to a file of lines, in the file before this returns.

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
