from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segprior.batch.items import Item
from segprior.batch.remote_storage import RemoteStorage
from segprior.batch.run import run_batch
from segprior.config.running import BatchConfig
from segprior.errors import ConfigError, ImageError, OutputError
from segprior.io.files.atomic import write_atomically
from tests.helpers.folders import by_input, counts

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")


def copy(item: Item) -> dict[str, Any]:
    data = item.source.read_bytes()
    if data == b"bad":
        raise ImageError(f"{item.source}: bad")
    for file in item.files:
        write_atomically(file, data)
    return {"length": len(data)}


def copy_into_a_folder(item: Item) -> dict[str, Any]:
    item.output.mkdir()
    write_atomically(item.output / "mask.png", item.source.read_bytes())
    write_atomically(item.output / "curves.csv", b"1")
    return {}


@pytest.fixture
def memory() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    for number, name in enumerate(("a.png", "sub/b.jpg", "sub/deep/c.TIF", "sub/notes.txt")):
        system.pipe(f"/in/{name}", b"image %d" % number)
    system.pipe("/in/.hidden/x.png", b"hidden")
    yield system
    system.store.clear()


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Workers that are threads of this process, and so have its memory."""
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def rows(system: Any, path: str = "/out/manifest.jsonl") -> dict[str, dict[str, Any]]:
    return by_input(system.cat(path).splitlines())


def tree(system: Any, root: str = "/out") -> list[str]:
    return sorted(path.removeprefix(root + "/") for path in system.find(root))


@pytest.mark.filterwarnings("default:::distributed", "default:::tornado")
def test_a_batch_from_memory_to_memory(memory: Any, scheduler: str) -> None:
    def batch(**options: Any) -> tuple[int, int, int]:
        config = BatchConfig(dask=scheduler)
        places = ("memory://in", "memory://out/")
        extras = {"overlay": ".png"}
        return counts(
            run_batch(copy, *places, settings={}, extras=extras, config=config, **options)
        )

    memory.pipe("/out/.0123456789abcdef.tmp", b"what a kill has left")
    assert batch() == (3, 0, 0)
    names = ["a.png", "a_overlay.png", "manifest.jsonl", "sub/b.png", "sub/b_overlay.png"]
    assert tree(memory) == [*names, "sub/deep/c.png", "sub/deep/c_overlay.png"]
    assert memory.cat("/out/sub/b.png") == b"image 1"
    row = rows(memory)["sub/b.jpg"]
    assert row["output"] == "sub/b.png"
    assert sorted(row["files"]) == ["sub/b.png", "sub/b_overlay.png"]
    assert row["scores"] == {"length": 7}
    held = memory.cat("/out/manifest.jsonl")
    assert batch() == (0, 3, 0)
    assert memory.cat("/out/manifest.jsonl") == held

    memory.rm("/out/sub/b_overlay.png")
    memory.pipe("/in/a.png", b"image 0")  # a new date, the same bytes
    memory.pipe("/in/sub/deep/c.TIF", b"IMAGE 2")
    assert batch() == (2, 1, 0)
    assert memory.cat("/out/sub/deep/c.png") == b"IMAGE 2"
    assert batch(seed=1) == (3, 0, 0)
    memory.pipe("/in/only/bad.png", b"bad")
    assert batch(seed=1) == (0, 3, 1)
    assert rows(memory)["only/bad.png"]["error"] == "memory://in/only/bad.png: bad"
    assert batch(seed=1) == (0, 3, 1)


@pytest.mark.filterwarnings("default:::distributed", "default:::tornado")
def test_a_list_of_urls_and_paths(memory: Any, scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"local")
    lines = ["memory://in/sub/b.jpg", str(tmp_path / "x.png"), "memory://in/gone.png"]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    out = tmp_path / "out"
    config = BatchConfig(dask=scheduler)
    last = run_batch(copy, tmp_path / "list.txt", out, settings={}, config=config)
    assert counts(last) == (2, 0, 1)
    assert (out / "in/sub/b.png").read_bytes() == b"image 1"
    assert (out / tmp_path.relative_to("/") / "x.png").read_bytes() == b"local"
    found = rows(fsspec.filesystem("file"), str(out / "manifest.jsonl"))
    assert "memory://in/gone.png" in found["in/gone.png"]["error"]
    assert not list(out.rglob("*.tmp"))
    again = run_batch(copy, tmp_path / "list.txt", out, settings={}, config=config)
    assert counts(again) == (0, 2, 1)


def test_a_pool_of_processes_works_on_urls_too(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"image")
    source = f"local://{tmp_path}/in"  # fsspec's other name for file://
    out = f"local://{tmp_path}/out"
    config = BatchConfig(workers=1)
    for expected in ((1, 0, 0), (0, 1, 0)):
        last = run_batch(copy_into_a_folder, source, out, settings={}, ending="", config=config)
        assert counts(last) == expected
    files = ["a/curves.csv", "a/mask.png", "manifest.jsonl"]
    assert tree(fsspec.filesystem("file"), str(tmp_path / "out")) == files


def test_a_result_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"image")
    storage = RemoteStorage(
        f"file://{tmp_path}/in", f"file://{tmp_path}/out", extras={"overlay": ".png"}
    )
    (item,) = storage.find()
    system = type(fsspec.filesystem("file"))
    move = system.mv

    def fail(self: Any, path1: str, path2: str, **options: Any) -> None:
        if path2.endswith("/a.png"):
            assert Path(path1).read_bytes() == b"image"
            raise OSError("the disk is full")
        move(self, path1, path2, **options)

    monkeypatch.setattr(system, "mv", fail)
    # Stands for the file systems of other machines, such as those of sftp.
    monkeypatch.setattr("segprior.batch.fsspec_files._is_of_this_machine", lambda system: False)
    with storage.near(item) as (near, image_hash):
        copy(near)
        with pytest.raises(OutputError, match=r"cannot write file://.*/out/a.png: the disk is f"):
            storage.deliver(near)
    assert len(image_hash) == 32
    assert not near.source.exists()
    assert not list((tmp_path / "out").iterdir())


def test_results_name_their_image_by_the_way_from_them(memory: Any) -> None:
    storage = RemoteStorage("memory://in", "memory://out/labels")
    item = storage.find()[1]
    with storage.near(item) as (near, _):
        assert os.path.relpath(near.source, near.output.parent) == "../../../in/sub/b.jpg"


@pytest.mark.parametrize(
    ("source", "output", "message"),
    [
        ("memory://nowhere", "memory://out", "no folder or file memory://nowhere; name a folder"),
        ("memory://in/a.png", "memory://out", "memory://in/a.png is one image; name a folder"),
        ("memory://in", "memory://in", "would be among the images in memory://in"),
        ("memory://in/sub", "memory://in", "would be among the images in memory://in/sub"),
        ("memory://in", "memory://in/a.png", "memory://in/a.png is a file; name a folder"),
        ("nofs://in", "memory://out", "nofs://in: nofs:// is not read; use a path, or one of"),
    ],
)
def test_wrong_places_are_told_before_the_work(
    memory: Any, source: str, output: str, message: str
) -> None:
    before = dict(memory.store)
    with pytest.raises((ConfigError, ImageError, OutputError)) as caught:
        run_batch(copy, source, output, settings={})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert memory.store == before


def test_somebody_elses_manifest_is_left_alone(memory: Any) -> None:
    memory.pipe("/out/manifest.jsonl", b'{"name": "not ours"}\n')
    with pytest.raises(OutputError, match="is not the manifest of a batch"):
        run_batch(copy, "memory://in", "memory://out", settings={})
    assert memory.cat("/out/manifest.jsonl") == b'{"name": "not ours"}\n'
