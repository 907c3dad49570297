"""Many images, resumable: a tree in, the same tree of results out, and a manifest of them."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from segprior._version import __version__
from segprior.batch.items import Claims, Item
from segprior.batch.remote_storage import as_storage
from segprior.batch.storage import Storage
from segprior.config.running import BatchConfig
from segprior.errors import ConfigError, ImageError, SegpriorError
from segprior.io.files.durable import Written
from segprior.io.files.jsonl import digest
from segprior.io.files.source import folded, unexpected
from segprior.io.registry import known
from segprior.runtime.asides import joined, said
from segprior.runtime.devices import core_count
from segprior.runtime.processes import one_thread
from segprior.runtime.stopping import finishing
from segprior.runtime.worker_pool import Lost, Pool

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
    empty : int
        Those done, now or before, in which nothing was told apart: ``empty`` among their scores is
        true, or of several results one's is.
    row : dict or None
        The line in the manifest of the image just finished; None at the start, and when images
        were found.
    """

    done: int
    kept: int
    failed: int
    total: int
    empty: int = 0
    row: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class _Bench:
    """What a worker does with one image; it never raises."""

    work: Callable[[Item], Mapping[str, Any]]
    storage: Storage
    key: str
    seed: int

    def __call__(self, item: Item) -> dict[str, Any]:
        start = time.perf_counter()
        row = self.row(item, None)
        said()  # what was said before is none of this image's
        try:
            with (
                warnings.catch_warnings(record=True) as caught,
                self.storage.near(item) as (near, row["input_hash"]),
                one_thread(),
            ):
                row["scores"] = dict(self.work(near))
                written = self.storage.deliver(near)
            row["files"] = [one.name for one in written]
            row["sizes"] = [one.size for one in written]
            row["hashes"] = [one.hash for one in written]
            told = [folded(warning.message) for warning in caught]
            if text := said():
                told.append(f"a library says: {text}")
            if told:
                row["warnings"] = told
        except SegpriorError as error:
            row["error"] = joined(folded(error))
        except Exception as error:
            row["error"] = joined(unexpected(error))
        row["seconds"] = round(time.perf_counter() - start, 3)
        return row

    def row(self, item: Item, image_hash: str | None, error: str | None = None) -> dict[str, Any]:
        return {
            "input": item.name,
            "output": self.storage.name(item.output),
            "files": [],
            "sizes": [],
            "hashes": [],
            "input_hash": image_hash,
            "settings_hash": self.key,
            "seed": self.seed,
            "version": __version__,
            "seconds": None,
            "scores": {},
            "error": error,
        }


class _Crew(Protocol):
    """Who does the images: a pool of processes, or a cluster."""

    def __len__(self) -> int: ...

    def submit(self, job: Item) -> None: ...

    def wait(self, timeout: float | None = None) -> list[tuple[Item, dict[str, Any] | Lost]]: ...

    def close(self) -> None: ...


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
    verify: bool = False,
    config: BatchConfig | None = None,
    callback: Callable[[Progress], None] | None = None,
) -> Progress:
    """Do the same with every image of a tree; what was done before is kept.

    An image is done if the manifest has it without an error, from the same bytes, settings, seed
    and version of segprior, and its files are as they were written: by their sizes, those up to a
    megabyte on this machine also by their bytes. A kill or a power cut at any moment loses the
    images in flight; the next run does those and removes what they have left half-done. What
    ``callback`` was told of is on the disk, and what is no longer as it was written is warned of.

    Parameters
    ----------
    work : callable
        Given an item, writes `Item.output` and `Item.extras`, each whole or not at all, and returns
        scores that JSON can hold. It is pickled and called in the workers. What it raises is the
        ``error`` of that image.
    source : str or path-like
        Folder of images, or text file of paths; see :func:`segprior.batch.items.find_items`. May be
        a URL of fsspec's, such as ``s3://bucket/photos``, and the lines of a list too.
    output : str or path-like
        Folder of the results and ``manifest.jsonl``, made if missing; or a URL.
    settings : mapping
        All that the results depend on, beside image, seed and version.
    seed : int
        For the manifest; the same for every image.
    patterns, extras, ending
        As in :func:`segprior.batch.items.find_items`.
    watch : bool
        Go on taking new and changed images until interrupted. One is taken when it has stayed
        the same between two looks.
    verify : bool
        Compare the bytes of all results, of whatever size and wherever they are.
    config : BatchConfig, optional
        How many workers and whether they are Dask's, and how often to look.
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
        If two images would become one file, or results would be among the images; if the Dask
        scheduler is not there, or goes away.
    OutputError
        If the folder cannot be written to, or another batch has it.
    KeyboardInterrupt
        If interrupted; what was finished stays, and is in the manifest.
    """
    config = config or BatchConfig()
    storage = as_storage(
        source,
        output,
        patterns=patterns,
        extras=extras or {},
        ending=ending,
        shared=bool(config.dask),
    )
    storage.check()
    items = storage.find()
    claims = Claims(lambda item: storage.sign(item) is not None)
    if not items and not watch:
        what = f"image that fits {' or '.join(patterns)}" if patterns else "image"
        raise ImageError(f"no {what} in {source}; put {known()} files there, or pass a pattern")
    for item in items:
        if clash := claims.add(item):
            raise ConfigError(clash)
    key = digest({"settings": settings, "seed": seed, "version": __version__})
    bench = _Bench(work=work, storage=storage, key=key, seed=seed)
    with _crew(bench, config) as crew, storage.hold():
        run = _Run(bench, claims, crew, callback, verify=verify)
        try:
            if watch:
                run.watch(config.interval)
            else:
                run.all(items)
        finally:
            run.end()
    return run.progress()


def _crew(bench: _Bench, config: BatchConfig) -> Any:
    if not config.dask:
        return Pool(bench, config.workers or core_count())
    from segprior.batch.dask_cluster import Cluster

    return Cluster(bench, config.dask, config.workers)


class _Run:
    """One run of a batch: what is under way, and what has come of it."""

    def __init__(
        self,
        bench: _Bench,
        claims: Claims,
        crew: _Crew,
        callback: Callable[[Progress], None] | None,
        *,
        verify: bool,
    ) -> None:
        self._bench = bench
        self._storage = bench.storage
        self._claims = claims
        self._crew = crew
        self._callback = callback
        self._manifest = bench.storage.manifest()
        self._state: dict[str, str] = {}  # of each image: due, done, kept or failed
        self._marks: dict[str, str | None] = {}  # of the images under way
        self._empty: set[str] = set()  # in which nothing was told apart
        self._verify = verify
        self._changed: list[str] = []  # results that are not as they were written

    def all(self, items: Sequence[Item]) -> None:
        """Do every image once."""
        for item in items:
            self._take(item)
        self._warn()
        self._tell()
        while len(self._crew):
            self._gather(None)

    def watch(self, interval: float) -> None:
        """Look for images again and again."""
        seen: dict[str, object] = {}
        taken: dict[str, object] = {}
        while True:
            found = [(item, self._storage.sign(item)) for item in self._storage.find()]
            look = {item.name: (item, sign) for item, sign in found if sign is not None}
            for name, (item, sign) in look.items():
                waiting = taken.get(name) != sign and self._state.get(name) != "due"
                if waiting and seen.get(name) == sign:
                    taken[name] = sign
                    self._take(item)
            seen = {name: sign for name, (_, sign) in look.items()}
            self._warn()
            self._tell()
            then = time.monotonic() + interval
            while (left := then - time.monotonic()) > 0:
                if len(self._crew):
                    self._gather(left)
                else:
                    time.sleep(left)

    def end(self) -> None:
        """End the workers and leave the folder as it should be."""
        self._crew.close()
        self._storage.tidy(name for name, state in self._state.items() if state == "failed")
        self._manifest.compact()

    def progress(self, row: dict[str, Any] | None = None) -> Progress:
        """Count."""
        states = list(self._state.values())
        counts = {state: states.count(state) for state in ("done", "kept", "failed")}
        return Progress(**counts, total=len(states), empty=len(self._empty), row=row)

    def _tell(self, row: dict[str, Any] | None = None) -> None:
        if self._callback is not None:
            self._callback(self.progress(row))

    def _take(self, item: Item) -> None:
        if clash := self._claims.add(item):
            self._record(item, self._bench.row(item, None, clash))
        elif self._is_done(item):
            self._state[item.name] = "kept"
            self._note_empty(item, self._manifest.get(item.name) or {})
        else:
            self._state[item.name] = "due"
            self._marks[item.name] = self._storage.mark(item)
            self._crew.submit(item)

    def _is_done(self, item: Item) -> bool:
        row = self._manifest.get(item.name)
        if row is None or row["error"] is not None or not row.get("files"):
            return False
        wanted = {self._storage.name(file) for file in item.files}
        if self._storage.ending and not wanted <= set(row["files"]):
            return False
        if row.get("settings_hash") != self._bench.key:
            return False
        mark = self._storage.mark(item)
        if (mark is None or mark != row.get("input_mark")) and (
            row.get("input_hash") != self._storage.digest(item)
        ):
            return False
        return self._is_whole(row)

    def _is_whole(self, row: Mapping[str, Any]) -> bool:
        """Whether all files of an image are as they were written."""
        written = list(
            map(Written, row["files"], row.get("sizes") or (), row.get("hashes") or ())
        )  # fmt: skip
        for name, size, content in written:
            found = self._storage.size(name)
            reads = self._verify or self._storage.is_cheap(size)
            if found != size or (reads and self._storage.content(name) != content):
                if found is not None:
                    self._changed.append(name)
                return False
        return len(written) == len(row["files"])

    def _warn(self) -> None:
        if self._changed:
            others = len(self._changed) - 1
            more = f" and {others} more" if others else ""
            warnings.warn(
                "results that are not as they were written are made again: "
                f"{self._changed[0]}{more}",
                stacklevel=2,
            )
            self._changed = []

    def _gather(self, timeout: float | None) -> None:
        answers = self._crew.wait(timeout)
        with finishing():
            for item, row in answers:
                if isinstance(row, Lost):
                    row = self._bench.row(item, self._storage.digest(item), _explained(item, row))
                self._record(item, row)

    def _record(self, item: Item, row: dict[str, Any]) -> None:
        if mark := self._marks.pop(item.name, None):
            row["input_mark"] = mark
        self._manifest.add(row)
        self._state[item.name] = "done" if row["error"] is None else "failed"
        self._note_empty(item, row)
        self._tell(row)

    def _note_empty(self, item: Item, row: Mapping[str, Any]) -> None:
        """Note whether nothing was told apart in an image, or in one of its results."""
        said = (row.get("scores") or {}).get("empty")
        if said is True or (isinstance(said, list) and True in said):
            self._empty.add(item.name)
        else:
            self._empty.discard(item.name)


def _explained(item: Item, lost: Lost) -> str:
    if lost.places:
        how = f"the worker that had it was lost twice ({', then '.join(lost.places)})"
    else:
        code = lost.code
        ended = f"signal {-code}" if code and code < 0 else f"code {code}"
        how = f"its process was ended twice ({ended}), the second time alone"
    return (
        f"{item.source}: {how}, perhaps for want of memory; use a smaller working size, or more "
        "memory"
    )
