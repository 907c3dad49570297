"""What a batch has told of is there after a power cut, and the next run completes the rest."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from segprior.batch.items import Item
from segprior.batch.run import Progress, run_batch
from segprior.batch.storage import LocalStorage
from segprior.io.files.atomic import folder_atomically
from tests.helpers.batches import copy
from tests.helpers.crew import Here
from tests.helpers.disk import Disk, PowerCut
from tests.helpers.folders import counts, rows, tree

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the files behind handles"),
    pytest.mark.filterwarnings("ignore:results that are not as they were written"),
    pytest.mark.filterwarnings("ignore:.*passed over what is damaged"),
]

DONE = ["a.png", "sub/b.png", "sub/d.png", "sub/deep/c.png"]


def copy_into_a_folder(item: Item) -> dict[str, Any]:
    with folder_atomically(item.output) as folder:
        folder.mkdir()
        (folder / "0.0").write_bytes(item.source.read_bytes())
    return {}


@pytest.fixture
def root(images: Path) -> Path:
    """The disk, with images."""
    root = images.parent / "before"
    root.mkdir()
    images.rename(root / "images")
    return root


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segprior.batch.run._crew", lambda bench, config: Here(bench))


def cut(root: Path, step: int, work: Any, options: dict[str, Any]) -> tuple[Disk, list[str], bool]:
    """Run a batch until the power goes; return also what it told of, and whether it went."""
    told: list[str] = []

    def hear(progress: Progress) -> None:
        if progress.row is not None:
            told.append(progress.row["input"])

    disk = Disk(root, cut_at=step)
    with pytest.MonkeyPatch.context() as patch:
        disk.watch(patch)
        try:
            run_batch(work, root / "images", root / "out", settings={}, callback=hear, **options)
        except PowerCut:
            return disk, told, True
    return disk, told, False


@pytest.mark.parametrize("luck", ["none", "names", "some"])
@pytest.mark.parametrize("kind", ["files", "folders"])
def test_nothing_is_lost_or_double(root: Path, luck: str, kind: str) -> None:
    work = copy if kind == "files" else copy_into_a_folder
    options: dict[str, Any] = {} if kind == "files" else {"ending": ".zarr"}
    after = root.parent / "after"
    step, went = 0, True
    while went:
        shutil.rmtree(root / "out", ignore_errors=True)
        shutil.rmtree(after, ignore_errors=True)
        disk, told, went = cut(root, step, work, options)
        if went:
            disk.restore(after, luck)
            again = run_batch(work, after / "images", after / "out", settings={}, **options)
            # What was told of is there and right; what had just been written may be.
            assert len(told) <= again.kept <= len(told) + 1
            assert counts(again)[0] + again.kept == 4
            found = rows(after / "out")
            assert len(found) == 4
            for name, row in found.items():
                path = after / "out" / row["output"]
                written = path if kind == "files" else path / "0.0"
                assert written.read_bytes() == (root / "images" / name).read_bytes()
            if kind == "files":
                assert tree(after / "out") == sorted([*DONE, "manifest.jsonl"])
        disk.close()
        step += 1
    assert step > 20


def test_the_disk_forgets_what_is_not_synced(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without syncs the test above would fail: so it can."""
    monkeypatch.setattr("segprior.io.files.atomic.sync", lambda stream: None)
    disk, told, went = cut(root, 12, copy, {})
    assert went
    assert told
    after = root.parent / "after"
    disk.restore(after, "none")
    disk.close()
    again = run_batch(copy, after / "images", after / "out", settings={})
    assert again.kept < len(told)


def test_a_new_folder_is_brought_to_the_disk_with_its_result(root: Path) -> None:
    storage = LocalStorage(source=root / "images", output=root / "out")
    item = storage.find()[2]
    (root / "out" / "sub").mkdir(parents=True)  # by another worker, not synced yet
    disk = Disk(root)
    with pytest.MonkeyPatch.context() as patch:
        disk.watch(patch)
        with storage.near(item) as (near, _):
            copy(near)
            storage.deliver(near)
    assert (root / "out").stat().st_ino in disk.names
    assert (root / "out" / "sub").stat().st_ino in disk.names
    disk.close()
