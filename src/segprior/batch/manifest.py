"""The record of a batch: one line for each image, in ``manifest.jsonl`` beside the results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segprior.errors import OutputError
from segprior.io.files.atomic import write_atomically
from segprior.io.files.jsonl import add_line, read_lines

__all__ = ["MANIFEST", "Manifest"]

MANIFEST = "manifest.jsonl"
_FIELDS = {"input", "output", "error"}


class Manifest:
    """Rows by input, the latest of each, in a file that is added to line by line.

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
        self._fill(read_lines(self.path), self.path)

    def _fill(self, entries: list[dict[str, Any]], name: object) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._makers: dict[str, str] = {}  # what each output was made from last
        for row in entries:
            if row.keys() >= _FIELDS:
                self._keep(row)
        # Lines that are not ours would be lost when the file is compacted.
        if any(row.keys().isdisjoint(_FIELDS) for row in entries):
            raise OutputError(f"{name} is not the manifest of a batch; choose another folder")

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, name: str) -> dict[str, Any] | None:
        """Return the latest row of an input, if there is one."""
        return self._rows.get(name)

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep a row, in the file before this returns.

        Raises
        ------
        OutputError
            If the file cannot be written to.
        """
        add_line(self.path, row)
        self._keep(dict(row))

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
