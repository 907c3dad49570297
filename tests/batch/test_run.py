from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from segprior.batch.items import Item
from segprior.batch.run import Progress, run_batch
from tests.helpers.batches import batch, copy
from tests.helpers.folders import counts, rows, tree


def die_at(name: str, marker: Path, times: int, item: Item) -> dict[str, Any]:
    """End this process at one image as many times as there are, as for want of memory."""
    if item.name == name:
        deaths = sorted(marker.glob("death*"))
        if len(deaths) < times:
            (marker / f"death{len(deaths)}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return copy(item)


ALL = ["a.png", "sub/b.png", "sub/d.png", "sub/deep/c.png"]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_tree_of_results(images: Path, workers: int) -> None:
    heard: list[Progress] = []
    last = batch(images, workers=workers, seed=5, extras={"overlay": ".png"}, callback=heard.append)
    assert counts(last) == (4, 0, 0)
    assert [progress.done for progress in heard] == [0, 1, 2, 3, 4]
    out = images.parent / "out"
    extras = [name.replace(".png", "_overlay.png") for name in ALL]
    assert tree(out) == sorted([*ALL, *extras, "manifest.jsonl"])
    assert (out / "sub" / "deep" / "c.png").read_bytes() == b"image 2"
    found = rows(out)
    assert list(found) == ["a.png", "sub/b.jpg", "sub/d.png", "sub/deep/c.TIF"]
    row = found["sub/b.jpg"]
    assert row["output"] == "sub/b.png"
    assert row["files"] == ["sub/b.png", "sub/b_overlay.png"]
    assert row["seed"] == 5
    assert row["scores"] == {"length": 7}
    assert row["error"] is None
    assert len(row["input_hash"]) == len(row["settings_hash"]) == 32


def test_the_number_of_workers_changes_only_the_seconds(images: Path) -> None:
    found = []
    for workers in (1, 3):
        batch(images, workers=workers)
        found.append({k: {**row, "seconds": 0} for k, row in rows(images.parent / "out").items()})
        shutil.rmtree(images.parent / "out")
    assert found[0] == found[1]


def test_only_what_is_missing_or_changed_is_done(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = images.parent / "out"
    assert counts(batch(images)) == (4, 0, 0)
    before = (out / "manifest.jsonl").read_bytes()
    assert counts(batch(images)) == (0, 4, 0)
    assert (out / "manifest.jsonl").read_bytes() == before
    (out / "a.png").unlink()
    assert counts(batch(images)) == (1, 3, 0)
    times = (images / "a.png").stat()
    (images / "a.png").write_bytes(b"IMAGE 0")
    os.utime(images / "a.png", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert counts(batch(images)) == (1, 3, 0)
    assert (out / "a.png").read_bytes() == b"IMAGE 0"
    (images / "new.png").write_bytes(b"new")
    assert counts(batch(images)) == (1, 4, 0)
    assert counts(batch(images, settings={"k": 3})) == (5, 0, 0)
    assert counts(batch(images, settings={"k": 3}, seed=1)) == (5, 0, 0)
    assert counts(batch(images, settings={"k": 3}, seed=1, extras={"overlay": ".png"})) == (5, 0, 0)
    assert counts(batch(images, settings={"k": 3}, seed=1)) == (0, 5, 0)
    monkeypatch.setattr("segprior.batch.run.__version__", "99")
    assert counts(batch(images, settings={"k": 3}, seed=1)) == (5, 0, 0)
    shutil.move(out, images.parent / "moved")
    again = run_batch(copy, images, images.parent / "moved", settings={"k": 3}, seed=1)
    assert counts(again) == (0, 5, 0)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def change(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])


def make_a_folder(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "same size").write_bytes(data)


def point_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nothing"))


@pytest.mark.parametrize("damage", [empty, cut, change, make_a_folder])
@pytest.mark.parametrize("name", ["a.png", "sub/b_overlay.png"])
def test_a_result_that_is_not_as_written_is_made_again(
    images: Path, damage: Callable[[Path], None], name: str
) -> None:
    out = images.parent / "out"
    batch(images, extras={"overlay": ".png"})
    right = (out / name).read_bytes()
    damage(out / name)
    with pytest.warns(UserWarning, match=f"not as they were written are made again: {name}$"):
        again = batch(images, replace_folders, extras={"overlay": ".png"})
    assert counts(again) == (1, 3, 0)
    assert (out / name).read_bytes() == right
    assert counts(batch(images, extras={"overlay": ".png"})) == (0, 4, 0)


def replace_folders(item: Item) -> dict[str, Any]:
    for file in item.files:
        if file.is_dir():
            shutil.rmtree(file)
    return copy(item)


def test_a_folder_in_the_place_of_a_result_is_told_by_the_image(images: Path) -> None:
    batch(images)
    make_a_folder(images.parent / "out" / "a.png")
    with pytest.warns(UserWarning, match="are made again: a.png"):
        assert counts(batch(images)) == (0, 3, 1)
    assert "it is a folder" in rows(images.parent / "out")["a.png"]["error"]


def test_a_link_that_leads_nowhere_is_no_result(images: Path) -> None:
    batch(images)
    point_nowhere(images.parent / "out" / "a.png")
    assert counts(batch(images)) == (1, 3, 0)


def test_large_results_are_read_if_asked_for(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch(images)
    monkeypatch.setattr("segprior.batch.storage._CHEAP", 0)
    change(images.parent / "out" / "a.png")
    change(images.parent / "out" / "sub" / "d.png")
    assert counts(batch(images)) == (0, 4, 0)
    with pytest.warns(UserWarning, match=r"are made again: a\.png and 1 more$"):
        assert counts(batch(images, verify=True)) == (2, 2, 0)
    cut(images.parent / "out" / "a.png")
    with pytest.warns(UserWarning, match=r"are made again: a\.png"):
        assert counts(batch(images)) == (1, 3, 0)


def test_the_manifest_tells_size_and_hash_of_each_file(images: Path) -> None:
    batch(images, extras={"overlay": ".png"})
    row = rows(images.parent / "out")["a.png"]
    assert row["files"] == ["a.png", "a_overlay.png"]
    assert row["sizes"] == [7, 7]
    assert row["hashes"] == [row["input_hash"]] * 2


def test_a_line_without_sizes_is_not_enough(images: Path) -> None:
    batch(images)
    path = images.parent / "out" / "manifest.jsonl"
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for row in found[:2]:
        del row["sizes"], row["hashes"]
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    assert counts(batch(images)) == (2, 2, 0)


def test_a_bad_image_is_a_line_and_tried_again(images: Path) -> None:
    (images / "only").mkdir()
    (images / "only" / "bad.png").write_bytes(b"bad")
    (images / "a.png").write_bytes(b"bad")
    assert counts(batch(images)) == (3, 0, 2)
    out = images.parent / "out"
    assert rows(out)["a.png"]["error"] == f"{images}/a.png: bad"
    assert not (out / "only").exists()
    (images / "a.png").write_bytes(b"good")
    assert counts(batch(images)) == (1, 3, 1)
    assert rows(out)["a.png"]["error"] is None


def warn(item: Item) -> dict[str, Any]:
    if item.name == "a.png":
        warnings.warn("it is\nsmall", stacklevel=1)
    return copy(item)


def test_warnings_are_in_the_manifest(images: Path) -> None:
    assert counts(batch(images, warn)) == (4, 0, 0)
    found = rows(images.parent / "out")
    assert found["a.png"]["warnings"] == ["it is small"]
    assert "warnings" not in found["sub/b.jpg"]


def test_a_worker_that_dies_costs_nothing_once_and_its_image_twice(images: Path) -> None:
    work = partial(die_at, "sub/b.jpg", images.parent, 1)
    assert counts(batch(images, work)) == (4, 0, 0)
    shutil.rmtree(images.parent / "out")
    work = partial(die_at, "sub/b.jpg", images.parent, 3)
    assert counts(batch(images, work)) == (3, 0, 1)
    error = rows(images.parent / "out")["sub/b.jpg"]["error"]
    assert "was ended twice (signal 9)" in error
    assert counts(batch(images, work)) == (1, 3, 0)


def test_workers_killed_from_outside_leave_no_trace(images: Path) -> None:
    for number in range(6):
        (images / f"{number}.png").write_bytes(b"more")
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.done == 2 and not killed:
            killed.extend(child.pid or 0 for child in multiprocessing.active_children())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    assert counts(batch(images, partial(copy, pause=0.1), callback=kill)) == (10, 0, 0)
    assert killed
    out = images.parent / "out"
    assert tree(out) == sorted([*ALL, *(f"{n}.png" for n in range(6)), "manifest.jsonl"])
    assert (out / "3.png").read_bytes() == b"more"


def test_an_interruption_keeps_what_is_finished(images: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(images, partial(copy, pause=0.1), callback=interrupt)
    out = images.parent / "out"
    assert len(rows(out)) == 2
    assert not [name for name in tree(out) if name.endswith(".tmp")]
    assert multiprocessing.active_children() == []
    assert counts(batch(images)) == (2, 2, 0)


def test_watching_takes_new_and_changed_images(images: Path) -> None:
    heard: list[str] = []

    def change(progress: Progress) -> None:
        if progress.row is None:
            return
        heard.append(f"{progress.row['input']} {progress.row['error']}"[:60])
        if progress.done == 4 and len(heard) == 4:
            (images / "late.png").write_bytes(b"late")
        if len(heard) == 5:
            (images / "late.png").write_bytes(b"changed")
        if len(heard) == 6:
            (images / "late.jpg").write_bytes(b"in the way")
        if len(heard) == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(images, watch=True, callback=change)
    assert heard[4:6] == ["late.png None", "late.png None"]
    assert heard[6].startswith("late.jpg ")
    out = images.parent / "out"
    assert (out / "late.png").read_bytes() == b"changed"
    assert "would both become" in rows(out)["late.jpg"]["error"]


def test_a_growing_file_is_not_taken(images: Path) -> None:
    shutil.rmtree(images)
    images.mkdir()
    growing = images / "growing.png"
    looks: list[int] = []

    def grow(progress: Progress) -> None:
        if progress.row is not None:
            raise KeyboardInterrupt
        if len(looks) < 5:
            with growing.open("ab") as stream:
                stream.write(b"x")
            looks.append(progress.total)

    with pytest.raises(KeyboardInterrupt):
        batch(images, watch=True, callback=grow)
    assert looks == [0] * 5
    assert rows(images.parent / "out")["growing.png"]["scores"] == {"length": 5}
