from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from segprior.batch.items import Claims, Item, check_places, find_items
from segprior.batch.lock import hold, sweep
from segprior.batch.manifest import Manifest
from segprior.batch.run import Progress, run_batch
from segprior.config.running import BatchConfig
from segprior.errors import ConfigError, ImageError, OutputError
from segprior.io.files.atomic import open_atomically
from segprior.runtime.worker_pool import Lost, Pool
from tests.helpers.folders import counts, rows, tree


def copy(item: Item, pause: float = 0.0) -> dict[str, Any]:
    """Stands in for a segmentation: the result is the input."""
    data = item.source.read_bytes()
    if data == b"bad":
        raise ImageError(f"{item.source}: bad")
    for file in item.files:
        with open_atomically(file) as stream:
            stream.write(data[:1])
            time.sleep(pause)
            stream.write(data[1:])
    return {"length": len(data)}


def die_at(name: str, marker: Path, times: int, item: Item) -> dict[str, Any]:
    """End this process at one image as many times as there are, as for want of memory."""
    if item.name == name:
        deaths = sorted(marker.glob("death*"))
        if len(deaths) < times:
            (marker / f"death{len(deaths)}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return copy(item)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for number, name in enumerate(("a.png", "sub/b.jpg", "sub/deep/c.TIF", "sub/d.png")):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"image %d" % number)
    return tmp_path / "images"


ALL = ["a.png", "sub/b.png", "sub/d.png", "sub/deep/c.png"]


def batch(images: Path, work: Callable[[Item], dict[str, Any]] = copy, **options: Any) -> Progress:
    workers = options.pop("workers", 2)
    options.setdefault("settings", {"k": 2})
    config = BatchConfig(workers=workers, interval=0.1)
    return run_batch(work, images, images.parent / "out", config=config, **options)


# Trees


def test_images_are_found_by_suffix_below_the_folder(images: Path) -> None:
    (images / "notes.txt").touch()
    (images / ".hidden.png").touch()
    (images / ".git").mkdir()
    (images / ".git" / "x.png").touch()
    (images / "out").mkdir()
    (images / "out" / "a.png").touch()
    found = find_items(images, images / "out", extras={"overlay": ".png"})
    assert [item.name for item in found] == ["a.png", "sub/b.jpg", "sub/d.png", "sub/deep/c.TIF"]
    assert found[1].source == images / "sub" / "b.jpg"
    assert found[1].output == images / "out" / "sub" / "b.png"
    assert found[1].extras == {"overlay": images / "out" / "sub" / "b_overlay.png"}
    tables = find_items(images, Path("out"), extras={"table": ".csv"}, ending=".ome.tif")
    assert tables[0].files == [Path("out/a.ome.tif"), Path("out/a_table.csv")]
    folders = find_items(images, images / "out", ending="")
    assert folders[3].output == images / "out" / "sub" / "deep" / "c"


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["*.jpg"], ["sub/b.jpg"]),
        (["*.jpg", "a*"], ["a.png", "sub/b.jpg"]),
        (["sub/*.png"], ["sub/d.png"]),
        (["*.dat"], []),
    ],
)
def test_patterns(images: Path, patterns: list[str], names: list[str]) -> None:
    found = find_items(images, images.parent / "out", patterns=patterns)
    assert [item.name for item in found] == names


def test_a_list_keeps_paths_below_the_current_folder_and_whole_others(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(images)
    other = images.parent / "elsewhere.png"
    Path("list.txt").write_text(f"sub/../a.png\n\n{other}\n  sub/b.jpg\nsub/b.jpg\n")
    found = find_items(Path("list.txt"), Path("out"))
    whole = other.relative_to("/").as_posix()
    assert [item.name for item in found] == sorted(["a.png", "sub/b.jpg", whole])
    assert [item.output for item in found if item.name == whole] == [Path("out") / whole]
    Path("list.txt").write_bytes(b"\0")
    with pytest.raises(ImageError, match=r"list\.txt is not a text file"):
        find_items(Path("list.txt"), Path("out"))


def test_two_images_of_one_result_are_named_before_any_work(images: Path) -> None:
    (images / "sub" / "b.tif").write_bytes(b"another")
    with pytest.raises(ConfigError, match=r"/b\.jpg and .*/b\.tif would both become .*b\.png"):
        batch(images)
    assert not (images.parent / "out").exists()


def test_extras_take_names_too(images: Path) -> None:
    (images / "a_overlay.jpg").touch()
    claims = Claims()
    items = find_items(images, images.parent / "out", extras={"overlay": ".png"})
    assert "a_overlay.jpg would both become" in str([claims.add(item) for item in items])


def test_results_never_replace_images(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for output in (images, images.parent):
        with pytest.raises(ConfigError, match="would be among the images"):
            check_places(images, output)
    check_places(images, images / "out")
    monkeypatch.chdir(images)
    Path("list.txt").write_text("sub/b.jpg\na.png\n")
    with pytest.raises(ConfigError, match=r"a\.png would be written over an image"):
        run_batch(copy, "list.txt", ".", settings={})
    assert (images / "a.png").read_bytes() == b"image 0"


def test_places_that_do_not_do(images: Path) -> None:
    with pytest.raises(ImageError, match="no folder or file"):
        check_places(images / "none", images.parent / "out")
    with pytest.raises(ImageError, match=r"a\.png is one image"):
        check_places(images / "a.png", images.parent / "out")
    with pytest.raises(OutputError, match="is a file"):
        check_places(images, images / "a.png")
    with pytest.raises(ImageError, match=r"no image that fits \*\.gif"):
        batch(images, patterns=["*.gif"])


def test_temporary_files_are_swept_and_others_stay(images: Path) -> None:
    (images / "sub" / ".0123456789abcdef.tmp").touch()
    (images / ".0123456789abcdef.tmp").mkdir()
    (images / ".0123456789abcdef.tmp" / "mask.png").touch()
    (images / ".mine.tmp").touch()
    sweep(images)
    assert tree(images) == [".mine.tmp", "a.png", "sub/b.jpg", "sub/d.png", "sub/deep/c.TIF"]


# The manifest


def test_a_torn_line_is_left_out_and_ended(tmp_path: Path) -> None:
    row = {"input": "a.jpg", "output": "a.png", "error": None}
    manifest = Manifest(tmp_path)
    manifest.add(row)
    with manifest.path.open("a") as stream:
        stream.write('{"input": "b.jpg", "outp')
    again = Manifest(tmp_path)
    assert len(again) == 1
    again.add(row | {"input": "c.jpg", "output": "c.png"})
    assert len(Manifest(tmp_path)) == 2
    again.compact()
    assert list(rows(tmp_path)) == ["a.jpg", "c.jpg"]


def test_one_line_for_each_input_and_each_output(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    for row in (("b.jpg", "b.png"), ("a.jpg", "a.png"), ("a.jpg", "a.png"), ("b.tif", "b.png")):
        manifest.add({"input": row[0], "output": row[1], "error": None})
    manifest.compact()
    assert list(rows(tmp_path)) == ["a.jpg", "b.tif"]


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"name": "theirs"}\n')
    with pytest.raises(OutputError, match="is not the manifest of a batch"):
        Manifest(tmp_path)
    assert (tmp_path / "manifest.jsonl").read_text() == '{"name": "theirs"}\n'


# Processes that die


def work_alone(log: Path, job: str) -> str:
    with log.open("a") as stream:
        stream.write(f"+{job}\n")
    if job.startswith("die") and (job == "die always" or log.read_text().count(f"+{job}\n") == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    with log.open("a") as stream:
        stream.write(f"-{job}\n")
    return job.upper()


def test_a_dead_process_is_replaced_and_its_job_tried_again_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    jobs = ["a", "die once", "b", "die always", "c"]
    answers: dict[str, str | Lost] = {}
    with Pool(partial(work_alone, log), 2) as pool:
        for job in jobs:
            pool.submit(job)
        while len(pool):
            answers |= dict(pool.wait())
    assert answers.pop("die always") == Lost(-signal.SIGKILL)
    assert answers == {"a": "A", "b": "B", "c": "C", "die once": "DIE ONCE"}
    lines = log.read_text().splitlines()
    assert lines.count("+die once") == lines.count("+die always") == 2
    # The second time each is the only one under way, after all the others.
    assert lines[-3:] == ["+die once", "-die once", "+die always"]


def threads(_: int) -> tuple[str | None, int]:
    import numpy  # noqa: F401
    from threadpoolctl import threadpool_info

    return os.environ["OMP_NUM_THREADS"], max(i["num_threads"] for i in threadpool_info())


def test_each_process_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with Pool(threads, 1) as pool:
        pool.submit(0)
        assert pool.wait() == [(0, ("1", 1))]
        assert len(pool.pids) == 1
    assert pool.wait(10) == []


# Batches


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


def test_one_batch_at_a_time_in_a_folder(images: Path) -> None:
    pytest.importorskip("fcntl", reason="no locks of files here")
    out = images.parent / "out"
    out.mkdir()
    with hold(out), pytest.raises(OutputError, match="another segprior batch"), hold(out, 0.1):
        pass
    with hold(out, 0):
        pass
