"""Many images, resumable: a tree in, the same tree of results out, and a manifest of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segprior._version import __version__
from segprior.config import BatchConfig
from segprior.devices import core_count
from segprior.errors import ConfigError, ImageError, OutputError, SegpriorError
from segprior.formats.decode import KNOWN
from segprior.manifest import Manifest
from segprior.pool import Lost, Pool
from segprior.store import digest, file_digest
from segprior.trees import Claims, Item, check_places, find_items, hold, join, sweep
from segprior.workers import one_thread

__all__ = ["Progress", "run_batch"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a batch is.

    Attributes
    ----------
    done, kept, failed : int
        Images that were done now, were done before, and could not be done.
    total : int
        All images known so far.
    row : dict or None
        The line in the manifest of the image just finished; None at the start, and when images
        were found.
    """

    done: int
    kept: int
    failed: int
    total: int
    row: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class _Bench:
    """What a worker does with one image; it never raises."""

    work: Callable[[Item], Mapping[str, Any]]
    root: Path
    key: str
    seed: int
    folders: bool

    def __call__(self, item: Item) -> dict[str, Any]:
        _join_once(self.root)
        start = time.perf_counter()
        # Before it is read: should it change in between, the next run does it again.
        row = self.row(item, file_digest(item.source))
        try:
            item.output.parent.mkdir(parents=True, exist_ok=True)
            with one_thread():
                row["scores"] = dict(self.work(item))
        except SegpriorError as error:
            row["error"] = " ".join(str(error).split())
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            row["error"] = f"unexpected {type(error).__name__}: {text}"
        else:
            files = sorted(item.output.iterdir()) if self.folders else item.files
            row["files"] = [file.relative_to(self.root).as_posix() for file in files]
        row["seconds"] = round(time.perf_counter() - start, 3)
        return row

    def row(self, item: Item, image_hash: str | None, error: str | None = None) -> dict[str, Any]:
        return {
            "input": item.name,
            "output": item.output.relative_to(self.root).as_posix(),
            "files": [],
            "input_hash": image_hash,
            "settings_hash": self.key,
            "seed": self.seed,
            "version": __version__,
            "seconds": None,
            "scores": {},
            "error": error,
        }


_joined: set[Path] = set()


def _join_once(root: Path) -> None:
    if root not in _joined:
        join(root)
        _joined.add(root)


def run_batch(
    work: Callable[[Item], Mapping[str, Any]],
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    settings: Mapping[str, Any],
    seed: int = 0,
    patterns: Sequence[str] = (),
    extras: Mapping[str, str] | None = None,
    ending: str = ".png",
    watch: bool = False,
    config: BatchConfig | None = None,
    callback: Callable[[Progress], None] | None = None,
) -> Progress:
    """Do the same with every image of a tree; what was done before is kept.

    An image is done if the manifest has it without an error, from the same bytes, settings, seed
    and version of segprior, and its files are there. A kill at any moment loses the images in
    flight; the next run does those and removes what they have left half-done.

    Parameters
    ----------
    work : callable
        Given an item, writes `Item.output` and `Item.extras`, each whole or not at all, and returns
        scores that JSON can hold. It is pickled and called in the workers. What it raises is the
        ``error`` of that image.
    source : str or path-like
        Folder of images, or text file of paths; see :func:`segprior.trees.find_items`.
    output : str or path-like
        Folder of the results and ``manifest.jsonl``, made if missing.
    settings : mapping
        All that the results depend on, beside image, seed and version.
    seed : int
        For the manifest; the same for every image.
    patterns, extras, ending
        As in :func:`segprior.trees.find_items`.
    watch : bool
        Go on taking new and changed images until interrupted. One is taken when it has stayed
        the same between two looks.
    config : BatchConfig, optional
        How many workers, and how often to look.
    callback : callable, optional
        Told of every image that is finished.

    Returns
    -------
    Progress
        The last.

    Raises
    ------
    ImageError
        If there are no images.
    ConfigError
        If two images would become one file, or results would be among the images.
    OutputError
        If the folder cannot be written to, or another batch has it.
    KeyboardInterrupt
        If interrupted; what was finished stays, and is in the manifest.
    """
    source, root = Path(source), Path(output)
    config = config or BatchConfig()
    finding = {"patterns": patterns, "extras": extras, "ending": ending}

    def find() -> list[Item]:
        return find_items(source, root, **finding)  # type: ignore[arg-type]

    check_places(source, root)
    items, claims = find(), Claims()
    if not items and not watch:
        what = f"image that fits {' or '.join(patterns)}" if patterns else "image"
        raise ImageError(f"no {what} in {source}; put {KNOWN} files there, or pass a pattern")
    for item in items:
        if clash := claims.add(item):
            raise ConfigError(clash)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"cannot make the folder {root}: {reason}; choose another") from error
    key = digest({"settings": settings, "seed": seed, "version": __version__})
    bench = _Bench(work=work, root=root, key=key, seed=seed, folders=not ending)
    workers = config.workers or core_count()
    with hold(root):
        run = _Run(bench, claims, Pool(bench, workers), callback)
        try:
            if watch:
                run.watch(find, config.interval)
            else:
                run.all(items)
        finally:
            run.end()
    return run.progress()


class _Run:
    """One run of a batch: what is under way, and what has come of it."""

    def __init__(
        self,
        bench: _Bench,
        claims: Claims,
        pool: Pool[Item, dict[str, Any]],
        callback: Callable[[Progress], None] | None,
    ) -> None:
        self._bench = bench
        self._claims = claims
        self._pool = pool
        self._callback = callback
        self._manifest = Manifest(bench.root)
        self._state: dict[str, str] = {}  # of each image: due, done, kept or failed

    def all(self, items: Sequence[Item]) -> None:
        """Do every image once."""
        for item in items:
            self._take(item)
        self._tell()
        while len(self._pool):
            self._gather(None)

    def watch(self, find: Callable[[], list[Item]], interval: float) -> None:
        """Look for images again and again."""
        seen: dict[str, tuple[int, int]] = {}
        taken: dict[str, tuple[int, int]] = {}
        while True:
            look = {item.name: (item, sign) for item in find() if (sign := _sign(item.source))}
            for name, (item, sign) in look.items():
                waiting = taken.get(name) != sign and self._state.get(name) != "due"
                if waiting and seen.get(name) == sign:
                    taken[name] = sign
                    self._take(item)
            seen = {name: sign for name, (_, sign) in look.items()}
            self._tell()
            then = time.monotonic() + interval
            while (left := then - time.monotonic()) > 0:
                if len(self._pool):
                    self._gather(left)
                else:
                    time.sleep(left)

    def end(self) -> None:
        """End the workers and leave the folder as it should be."""
        self._pool.close()
        sweep(self._bench.root)
        for name, state in self._state.items():
            if state == "failed":
                _prune((self._bench.root / name).parent, self._bench.root)
        self._manifest.compact()

    def progress(self, row: dict[str, Any] | None = None) -> Progress:
        """Count."""
        states = list(self._state.values())
        counts = {state: states.count(state) for state in ("done", "kept", "failed")}
        return Progress(**counts, total=len(states), row=row)

    def _tell(self, row: dict[str, Any] | None = None) -> None:
        if self._callback is not None:
            self._callback(self.progress(row))

    def _take(self, item: Item) -> None:
        if clash := self._claims.add(item):
            self._record(item, self._bench.row(item, None, clash))
        elif self._is_done(item):
            self._state[item.name] = "kept"
        else:
            self._state[item.name] = "due"
            self._pool.submit(item)

    def _is_done(self, item: Item) -> bool:
        row = self._manifest.get(item.name)
        if row is None or row["error"] is not None or not row.get("files"):
            return False
        wanted = {file.relative_to(self._bench.root).as_posix() for file in item.files}
        if not self._bench.folders and not wanted <= set(row["files"]):
            return False
        return (
            row.get("settings_hash") == self._bench.key
            and all((self._bench.root / name).exists() for name in row["files"])
            and row.get("input_hash") == file_digest(item.source)
        )

    def _gather(self, timeout: float | None) -> None:
        for item, row in self._pool.wait(timeout):
            if isinstance(row, Lost):
                how = f"signal {-row.code}" if row.code and row.code < 0 else f"code {row.code}"
                message = (
                    f"{item.source}: its process was ended twice ({how}), the second time alone, "
                    "perhaps for want of memory; use a smaller working size, or more memory"
                )
                row = self._bench.row(item, file_digest(item.source), message)
            self._record(item, row)

    def _record(self, item: Item, row: dict[str, Any]) -> None:
        self._manifest.add(row)
        self._state[item.name] = "done" if row["error"] is None else "failed"
        self._tell(row)


def _sign(path: Path) -> tuple[int, int] | None:
    """What changes when a file is written to."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _prune(folder: Path, root: Path) -> None:
    """Remove folders that were made for a result that did not come."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
