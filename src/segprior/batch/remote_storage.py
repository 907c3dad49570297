"""Images and results wherever fsspec reaches: object stores, other machines, memory."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from segprior.batch.fsspec_files import fetch, is_url, list_below, path_of, put, reach, told
from segprior.batch.items import (
    Item,
    is_wanted,
    load_list,
    name_in_list,
    plan_item,
    read_list,
    refuse_places,
)
from segprior.batch.lock import TEMPORARY
from segprior.batch.manifest import MANIFEST, Manifest
from segprior.batch.protocols import check_name, check_url, is_near
from segprior.batch.storage import LocalStorage, Storage
from segprior.errors import ConfigError, ImageError, OutputError, SegpriorError
from segprior.io.files.durable import Written
from segprior.io.files.jsonl import bytes_digest, digest, parse_lines
from segprior.io.image import image_suffixes

__all__ = ["RemoteStorage", "as_storage"]

# What stores tell of a file: its content if they know it, otherwise when it was written.
_CONTENT = ("ETag", "etag", "md5Hash", "md5", "content_settings", "checksum")
_DATES = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")
# An object store has no appending: the whole manifest is written, at most this often.
_SECONDS = 5.0


def as_storage(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    patterns: Sequence[str],
    extras: Mapping[str, str],
    ending: str,
    shared: bool,
) -> Storage:
    """Choose what goes with folders or URLs; parameters as those of :class:`LocalStorage`."""
    start, end = _plain(source), _plain(output)
    finding: dict[str, Any] = {"patterns": patterns, "extras": extras, "ending": ending}
    if is_url(start) or is_url(end) or _lists_urls(Path(start)):
        return RemoteStorage(_whole(start), _whole(end), **finding)
    if shared:
        start, end = os.path.abspath(start), os.path.abspath(end)  # noqa: PTH100
    return LocalStorage(source=Path(start), output=Path(end), shared=shared, **finding)


def _plain(place: str | os.PathLike[str]) -> str:
    return os.fspath(place).removeprefix("file://")


def _whole(place: str) -> str:
    if is_url(place):
        return place.rstrip("/")
    return f"file://{Path(os.path.abspath(place)).as_posix()}"  # noqa: PTH100


def _lists_urls(source: Path) -> bool:
    if source.suffix.lower() in image_suffixes() or not source.is_file():
        return False
    try:
        return any(is_url(line) for line in read_list(load_list(source), source))
    except (OSError, ImageError):
        return False  # told where it is read


@dataclass(frozen=True, kw_only=True)
class RemoteItem(Item):
    """An image at a URL; its paths stand for the URLs of it and of its results."""

    url: str


class RemoteStorage:
    """Images and results of which one or both are at URLs.

    Parameters
    ----------
    source, output : str
        URLs: of a folder, or of a text file with a URL or path on each line; of a folder.
    patterns, extras, ending
        As in :func:`segprior.batch.items.find_items`.
    """

    def __init__(
        self,
        source: str,
        output: str,
        *,
        patterns: Sequence[str] = (),
        extras: Mapping[str, str] | None = None,
        ending: str = ".png",
    ) -> None:
        self.source, self.output = source, output
        self.patterns, self.extras, self.ending = patterns, dict(extras or {}), ending
        self._root = path_of(output)
        self._infos: dict[str, dict[str, Any]] = {}
        self._results: dict[str, int] | None = None  # their sizes

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_infos": {}, "_results": None}

    def check(self) -> None:
        check_url(self.output, write=True)
        system, path = reach(self.source)
        with told(f"cannot look at {self.source}", ImageError):
            is_folder, is_file = system.isdir(path), system.isfile(path)
        end, place = reach(self.output)
        with told(f"cannot look at {self.output}", OutputError):
            taken = end.isfile(place)
        above = path_of(self.source)
        refuse_places(
            self.source,
            self.output,
            there=is_folder or is_file,
            image=is_file and Path(path).suffix.lower() in image_suffixes(),
            taken=taken,
            among=is_folder and self._root in (above, *above.parents),
        )

    def find(self) -> list[Item]:
        self._infos, self._results = {}, None
        system, path = reach(self.source)
        items = {}
        if system.isdir(path):
            above = path_of(self.source)
            for name, info in list_below(self.source).items():
                hidden = any(part.startswith(".") for part in name.split("/"))
                place = above / name
                if hidden or not name or place.is_relative_to(self._root):
                    continue
                if is_wanted(name, self.patterns, always=False):
                    self._infos[name] = info
                    items[name] = self._item(name, place, f"{self.source}/{name}")
        else:
            with told(f"cannot read {self.source}", ImageError):
                lines = read_list(fetch(self.source), self.source)
            for line in lines:
                if is_near(line) and not is_near(self.source):
                    raise ConfigError(
                        f"{self.source}: a list from elsewhere names {line}, a file of this "
                        "machine; copy the list here, or write URLs into it"
                    )
                url = _whole(line)
                place = path_of(url)
                name = Path(*place.parts[2:]).as_posix() if is_url(line) else name_in_list(line)
                if is_wanted(name, self.patterns, always=True):
                    with suppress(Exception):  # told when it is read
                        inner, where = reach(url)
                        self._infos[name] = inner.info(where)
                    items[name] = self._item(name, place, url)
        return [items[name] for name in sorted(items)]

    def _item(self, name: str, place: Path, url: str) -> RemoteItem:
        check_name(name, url)
        item = plan_item(name, place, self._root, self.extras, self.ending)
        return RemoteItem(
            name=name, source=place, output=item.output, extras=item.extras, url=url
        )  # fmt: skip

    @contextmanager
    def hold(self) -> Iterator[None]:
        self.tidy(())
        yield

    def manifest(self) -> Manifest:
        return _RemoteManifest(f"{self.output}/{MANIFEST}")

    def name(self, file: Path) -> str:
        return file.relative_to(self._root).as_posix()

    def size(self, name: str) -> int | None:
        if self._results is None:
            self._results = self._listed()
        return self._results.get(name)

    def content(self, name: str) -> str:
        system, path = reach(f"{self.output}/{name}")
        try:
            return bytes_digest(system.cat_file(path))
        except Exception:  # stores raise anything; what cannot be read is made again
            return ""

    def is_cheap(self, size: int) -> bool:
        return False  # each is a request

    def _listed(self) -> dict[str, int]:
        # A folder in the place of a file is not listed, and so not there.
        return {name: info.get("size") or 0 for name, info in list_below(self.output).items()}

    def mark(self, item: Item) -> str | None:
        info = self._infos.get(item.name)
        if not info:
            return None
        told = next((str(info[key]) for key in (*_CONTENT, *_DATES) if info.get(key)), None)
        return None if told is None else digest([info.get("size"), told])

    def sign(self, item: Item) -> object:
        return self.mark(item) or self._infos.get(item.name, {}).get("size")

    def digest(self, item: Item) -> str:
        try:
            return bytes_digest(_read(item))
        except SegpriorError:
            return digest(str(item.source))

    @contextmanager
    def near(self, item: Item) -> Iterator[tuple[Item, str]]:
        data = _read(item)
        with TemporaryDirectory(prefix="segprior-") as folder:
            # The same places relative to each other: some results name their image by its way.
            source, output = (
                Path(folder, *path.parts[1:]) for path in (item.source, item.output)
            )  # fmt: skip
            for path in (source, output):
                path.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(data)
            extras = {kind: output.with_name(path.name) for kind, path in item.extras.items()}
            near = _Near(
                name=item.name, source=source, output=output, extras=extras, folder=Path(folder)
            )
            try:
                yield near, bytes_digest(data)
            except SegpriorError as error:
                text = str(error).replace(str(source), _url(item))
                raise type(error)(text.replace(folder, "")) from error

    def deliver(self, near: Item) -> list[Written]:
        assert isinstance(near, _Near)
        # The result comes last: where it is, all is.
        files = [*near.extras.values(), near.output]
        if not self.ending:
            files = sorted(near.output.iterdir())
        root = near.folder / self._root.relative_to("/")
        written: list[Written] = []
        try:
            for file in files:
                name, data = file.relative_to(root).as_posix(), file.read_bytes()
                put(f"{self.output}/{name}", data)
                written.append(Written(name, len(data), bytes_digest(data)))
        except BaseException:
            for name, *_ in written:
                system, path = reach(f"{self.output}/{name}")
                with suppress(Exception):
                    system.rm_file(path)
            raise
        return sorted(written)

    def tidy(self, failed: Iterable[str]) -> None:
        system, root = reach(self.output)
        self._results = self._listed()
        for name in sorted(self._results):
            if TEMPORARY.fullmatch(name.rpartition("/")[2]):
                with suppress(FileNotFoundError):
                    system.rm_file(f"{root.rstrip('/')}/{name}")
                self._results.pop(name, None)


@dataclass(frozen=True, kw_only=True)
class _Near(Item):
    folder: Path


def _url(item: Item) -> str:
    assert isinstance(item, RemoteItem)
    return item.url


def _read(item: Item) -> bytes:
    url = _url(item)
    with told(f"cannot read {url}", ImageError):
        return fetch(url)


class _RemoteManifest(Manifest):
    """The manifest at a URL: written whole, now and then and at the end."""

    def __init__(self, url: str) -> None:
        self._url = url
        system, path = reach(url)
        with told(f"cannot read {url}", OutputError):
            try:
                data = system.cat_file(path)
            except FileNotFoundError:
                data = b""
        self._fill(parse_lines(data, url, self._may_be), url)
        self._written = time.monotonic()
        self._held = hashlib.blake2b(data).digest()
        if not data:
            put(url, b"")  # so that a place that cannot be written to is told before the work

    def add(self, row: Mapping[str, Any]) -> None:
        self._keep(dict(row))
        if time.monotonic() - self._written > _SECONDS:
            self.compact()
            self._written = time.monotonic()

    def compact(self) -> None:
        data = self._whole()
        held = hashlib.blake2b(data).digest()
        if held != self._held:
            put(self._url, data)
            self._held = held
