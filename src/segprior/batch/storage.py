"""Where the images of a batch are, and where its results go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from segprior.batch.items import Item, check_places, find_items
from segprior.batch.lock import hold, join, joined, sweep
from segprior.batch.manifest import Manifest
from segprior.errors import OutputError
from segprior.io.files.durable import Written, content, make_folder, size, sync_folder
from segprior.io.files.jsonl import file_digest

__all__ = ["LocalStorage", "Storage"]

# Up to so many bytes a result is read again and compared each time a batch is run again.
_CHEAP = 1 << 20


class Storage(Protocol):
    """What a batch asks of where its images are and where its results go."""

    @property
    def ending(self) -> str:
        """What the names of results end in; nothing if they are folders."""

    def check(self) -> None:
        """Refuse inputs that are not there, and results among the inputs."""

    def find(self) -> list[Item]:
        """Find the images, and say where the result of each goes."""

    def hold(self) -> AbstractContextManager[None]:
        """Have the results to itself for one batch; begin by removing what a kill left."""

    def manifest(self) -> Manifest:
        """Open the record of what was done."""

    def name(self, file: Path) -> str:
        """Name a file of an item's results as the manifest does."""

    def size(self, name: str) -> int | None:
        """Return the bytes of a result of that name; None if it is not there."""

    def content(self, name: str) -> str:
        """Hash a result."""

    def is_cheap(self, size: int) -> bool:
        """Tell whether a result of that size is read each time, and not only on demand."""

    def mark(self, item: Item) -> str | None:
        """Return what tells of the content of an image without reading it, if something does."""

    def sign(self, item: Item) -> object:
        """Return what changes when the file of an image is written to, None if it is gone."""

    def digest(self, item: Item) -> str:
        """Hash the bytes of an image."""

    def near(self, item: Item) -> AbstractContextManager[tuple[Item, str]]:
        """In a worker: have an image and room for its results on this machine, and its hash."""

    def deliver(self, near: Item) -> list[Written]:
        """In a worker: bring the results to their place for good; say what was written."""

    def tidy(self, failed: Iterable[str]) -> None:
        """Remove leavings, and folders that were made for results that did not come."""


@dataclass(frozen=True, kw_only=True)
class LocalStorage:
    """Folders of this machine, or of a disk that all machines of a cluster share.

    Parameters
    ----------
    source, output, patterns, extras, ending
        As in :func:`segprior.batch.items.find_items`.
    shared : bool
        The workers are elsewhere and outlive the batch.
    """

    source: Path
    output: Path
    patterns: Sequence[str] = ()
    extras: Mapping[str, str] = field(default_factory=dict)
    ending: str = ".png"
    shared: bool = False

    def check(self) -> None:
        check_places(self.source, self.output)

    def find(self) -> list[Item]:
        items = find_items(
            self.source,
            self.output,
            patterns=self.patterns,
            extras=self.extras,
            ending=self.ending,
        )
        if self.shared:  # the workers have other current folders
            return [replace(item, source=item.source.absolute()) for item in items]
        return items

    @contextmanager
    def hold(self) -> Iterator[None]:
        try:
            make_folder(self.output)
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(
                f"cannot make the folder {self.output}: {reason}; choose another"
            ) from error
        with hold(self.output):
            yield

    def manifest(self) -> Manifest:
        return Manifest(self.output)

    def name(self, file: Path) -> str:
        return file.relative_to(self.output).as_posix()

    def size(self, name: str) -> int | None:
        return size(self.output / name)

    def content(self, name: str) -> str:
        return content(self.output / name)

    def is_cheap(self, size: int) -> bool:
        return size <= _CHEAP

    def mark(self, item: Item) -> str | None:
        return None

    def sign(self, item: Item) -> object:
        try:
            found = item.source.stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns

    def digest(self, item: Item) -> str:
        return file_digest(item.source)

    @contextmanager
    def near(self, item: Item) -> Iterator[tuple[Item, str]]:
        with self._part():
            # Before it is read: should it change in between, the next run does it again.
            image_hash = file_digest(item.source)
            self._check_inside(item)
            make_folder(item.output.parent)
            yield item, image_hash

    def _check_inside(self, item: Item) -> None:
        """Refuse results that links in the folder would take elsewhere."""
        root = os.path.realpath(self.output)
        for file in item.files:
            if os.path.commonpath([os.path.realpath(file), root]) != root:
                raise OutputError(f"{file}: a link leads out of {self.output}; remove the link")

    @contextmanager
    def _part(self) -> Iterator[None]:
        if not self.shared:
            if self.output not in _joined:
                join(self.output)
                _joined.add(self.output)
            yield
            return
        if not self.output.is_dir():
            raise OutputError(
                f"{self.output} is not there for this worker; use a folder that all machines "
                "share, or a URL"
            )
        with joined(self.output):
            yield

    def deliver(self, near: Item) -> list[Written]:
        # Another worker may have made a folder just now, and not brought it to the disk yet.
        place = near.output.parent
        while place != self.output:
            place = place.parent
            sync_folder(place)
        files = near.files if self.ending else sorted(near.output.iterdir())
        return [Written(self.name(file), size(file) or 0, content(file)) for file in files]

    def tidy(self, failed: Iterable[str]) -> None:
        sweep(self.output)
        for name in failed:
            _prune((self.output / name).parent, self.output)


_joined: set[Path] = set()


def _prune(folder: Path, root: Path) -> None:
    """Remove folders that were made for a result that did not come."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
