"""A disk that may lose its power: what was not synced is gone, or half there."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


class PowerCut(BaseException):
    """The power has gone; nothing that comes later reaches the disk."""


@dataclass
class Disk:
    """Watches a folder, and knows what of it would be there after a power cut.

    A file is there with the bytes of its last ``fsync``; a name is there if its folder was synced
    since it was given. As file systems differ, what was not synced may be there all the same:
    names without their bytes, or any part of both.

    Parameters
    ----------
    root : pathlib.Path
        The folder; what is in it at the start is safe.
    """

    root: Path
    names: dict[int, dict[str, int]] = field(default_factory=dict)  # of folders, safe
    bytes_: dict[int, bytes] = field(default_factory=dict)  # of files, safe
    steps: int = 0
    cut_at: int = -1
    _held: list[int] = field(default_factory=list)
    _cut: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        for path in [self.root, *sorted(self.root.rglob("*"))]:
            self._safe(os.open(path, os.O_RDONLY))

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Count syncs and moves from here on, and cut the power at the one that is set."""
        fsync, replace = os.fsync, os.replace

        def safe(handle: int) -> None:
            self._step()
            fsync(handle)
            if self._cut is None:
                self._safe(os.dup(handle))

        def moved(*places: Any, **options: Any) -> None:
            self._step()
            replace(*places, **options)

        patch.setattr(os, "fsync", safe)
        patch.setattr(os, "replace", moved)

    def _step(self) -> None:
        if self._cut is not None:
            return  # what cleans up is too late
        if self.steps == self.cut_at:
            self._cut = (
                {key: dict(value) for key, value in self.names.items()},
                dict(self.bytes_),
                self._now(),
            )
            raise PowerCut
        self.steps += 1

    def _safe(self, handle: int) -> None:
        # The handle stays open, so that no other file gets this one's number.
        self._held.append(handle)
        place = Path(f"/proc/self/fd/{handle}").readlink()
        number = os.fstat(handle).st_ino
        if place.is_dir():
            self.names[number] = {path.name: path.stat().st_ino for path in place.iterdir()}
        else:
            self.bytes_[number] = Path(f"/proc/self/fd/{handle}").read_bytes()

    def _now(self) -> dict[int, dict[str, int]]:
        """All names that there are, synced or not."""
        folders = [self.root, *(path for path in self.root.rglob("*") if path.is_dir())]
        return {
            folder.stat().st_ino: {path.name: path.stat().st_ino for path in folder.iterdir()}
            for folder in folders
        }

    def restore(self, target: Path, luck: str) -> None:
        """Write what the disk has after the cut: ``none`` of what is lost, ``names``, ``some``."""
        assert self._cut is not None
        safe, data, now = self._cut
        chance = random.Random(self.cut_at)
        takes: Callable[[], bool] = {
            "none": lambda: False, "names": lambda: True, "some": lambda: chance.random() < 0.5
        }[luck]  # fmt: skip

        def names_of(number: int) -> dict[str, int]:
            found = dict(safe.get(number, {}))
            for name in sorted({*found, *now.get(number, {})}):
                later = now.get(number, {}).get(name)
                if found.get(name) != later and takes():
                    found.pop(name, None)
                    if later is not None:
                        found[name] = later
            return found

        def write(number: int, place: Path) -> None:
            if number in safe or number in now:
                place.mkdir()
                for name, inner in names_of(number).items():
                    write(inner, place / name)
            else:
                place.write_bytes(data.get(number, b""))

        write(self.root.stat().st_ino, target)

    def close(self) -> None:
        for handle in self._held:
            os.close(handle)
