"""The record of a batch: one line for each image, in ``manifest.jsonl`` beside the results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from types import NoneType
from typing import Any

from segprior.errors import OutputError
from segprior.io.files.atomic import write_atomically
from segprior.io.files.jsonl import add_line, read_lines

__all__ = ["MANIFEST", "Manifest", "is_row"]

MANIFEST = "manifest.jsonl"
_NEEDED = {"input": (str,), "output": (str,), "error": (str, NoneType)}
_ONE: dict[str, tuple[type, ...]] = {
    **_NEEDED,
    "input_hash": (str, NoneType),
    "input_mark": (str,),
    "settings_hash": (str,),
    "seed": (int,),
    "version": (str,),
    "seconds": (int, float, NoneType),
    "scores": (dict,),
}
_SEVERAL: dict[str, type] = {"files": str, "sizes": int, "hashes": str, "warnings": str}


def is_row(entry: Mapping[str, Any]) -> bool:
    """Whether an object can be a line of a manifest: all that it must have, and of the right types.

    Names of files must lead to places below the folder of results.
    """
    if not entry.keys() >= _NEEDED.keys():
        return False
    for key, value in entry.items():
        if key in _ONE and type(value) not in _ONE[key]:
            return False
        if key in _SEVERAL and not (
            isinstance(value, list) and all(type(one) is _SEVERAL[key] for one in value)
        ):
            return False
    files = entry.get("files", [])
    parallel = (entry.get(key, files) for key in ("sizes", "hashes"))
    return all(len(one) == len(files) for one in parallel) and all(map(_is_below, files))


def _is_below(name: str) -> bool:
    path = PurePath(name)
    return "\0" not in name and not path.is_absolute() and ".." not in path.parts


class Manifest:
    """Rows by input, the latest of each, in a file that is added to line by line.

    What is no line of a manifest, or a damaged one, is passed over with a warning.

    Parameters
    ----------
    folder : Path
        Where ``manifest.jsonl`` is, or will be made.

    Raises
    ------
    OutputError
        If the file cannot be read or made, or is somebody else's.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / MANIFEST
        self._fill(read_lines(self.path, self._may_be), self.path)

    @staticmethod
    def _may_be(entry: Mapping[str, Any]) -> bool:
        return entry.keys().isdisjoint(_NEEDED) or is_row(entry)

    def _fill(self, entries: list[dict[str, Any]], name: object) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._makers: dict[str, str] = {}  # what each output was made from last
        # Lines that are not ours would be lost when the file is compacted.
        if any(entry.keys().isdisjoint(_NEEDED) for entry in entries):
            raise OutputError(f"{name} is not the manifest of a batch; choose another folder")
        for row in entries:
            self._keep(row)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, name: str) -> dict[str, Any] | None:
        """Return the latest row of an input, if there is one."""
        return self._rows.get(name)

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep a row, on the disk before this returns.

        Raises
        ------
        OutputError
            If the file cannot be written to.
        """
        # In this order: interrupted in between, the row is there when the file is compacted.
        self._keep(dict(row))
        add_line(self.path, row)

    def compact(self) -> None:
        """Write the file anew with one line for each input, in the order of their names.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        data = self._whole()
        if data != self.path.read_bytes():
            write_atomically(self.path, data)

    def _whole(self) -> bytes:
        rows = [self._rows[name] for name in sorted(self._rows)]
        return "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows).encode()

    def _keep(self, row: dict[str, Any]) -> None:
        if row["error"] is None:
            # photo.jpg may have made way for photo.png, and so may its line.
            before = self._makers.get(row["output"], row["input"])
            if before != row["input"]:
                self._rows.pop(before, None)
            self._makers[row["output"]] = row["input"]
        self._rows[row["input"]] = row
