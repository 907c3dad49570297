from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from segprior.batch.dask_cluster import Cluster
from segprior.batch.items import Item
from segprior.batch.run import Progress, run_batch
from segprior.cli import main
from segprior.config.running import BatchConfig
from segprior.errors import ConfigError, ImageError
from segprior.io.files.atomic import open_atomically
from tests.helpers.folders import counts, rows, tree

distributed = pytest.importorskip("distributed", reason="distributed is not installed")

# Dask's own, in code that is not ours.
pytestmark = pytest.mark.filterwarnings(
    "default:::distributed", "default:::tornado", "ignore:.*has no worker; waiting for one"
)

WORDS = ("-m", "distributed.cli.dask_worker", "--nworkers", "2", "--nthreads", "1")


def copy(log: Path, pause: float, item: Item) -> dict[str, Any]:
    """Stands in for a segmentation: the result is the input, written slowly."""
    with log.open("a") as stream:
        stream.write(f"{os.getpid()} {item.name}\n")
    data = item.source.read_bytes()
    if data == b"bad":
        raise ImageError(f"{item.source}: bad")
    with open_atomically(item.output) as stream:
        stream.write(data[:1])
        stream.flush()
        time.sleep(pause)
        stream.write(data[1:])
    return {"pid": os.getpid()}


def die_at(names: list[str], marker: Path, item: Item) -> dict[str, Any]:
    """End the worker at some images, the first of them only once."""
    if item.name in names:
        deaths = marker / f"{item.name}.deaths"
        with deaths.open("a") as stream:
            stream.write("x")
        if item.name != names[0] or len(deaths.read_text()) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    return copy(marker / "log", 0.0, item)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and two workers, each a process of its own."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    # Workers find this module and the package where this process does.
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": ""}
    where = ["--scheduler-file", str(file), "--no-dashboard"]
    scheduler = ["-m", "distributed.cli.dask_scheduler", "--port", "0", "--host", "127.0.0.1"]
    with (folder / "log").open("w") as log:
        processes = [
            subprocess.Popen(
                [sys.executable, *words, *where], stdout=log, stderr=log, env=environment,
                cwd=folder, start_new_session=True,
            )
            for words in (scheduler, [*WORDS, "--local-directory", str(folder)])
        ]  # fmt: skip
        try:
            while not file.exists():
                assert processes[0].poll() is None, (folder / "log").read_text()
                time.sleep(0.05)
            found: str = json.loads(file.read_text())["address"]
            with distributed.Client(found, set_as_default=False) as client:
                client.wait_for_workers(2)
            yield found
        finally:
            for process in reversed(processes):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for number in range(12):
        path = tmp_path / "images" / f"{'sub/' * (number % 2)}{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"image %d" % number)
    return tmp_path / "images"


def test_a_worker_killed_in_the_middle_leaves_no_trace(address: str, images: Path) -> None:
    names = tree(images)
    out = images.parent / "out"
    config = BatchConfig(dask=address)
    log = images.parent / "log"
    ended: list[int] = []
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.row is None:
            return
        ended.append(progress.row["scores"]["pid"])
        if progress.done == 4:
            victim = ended[-1]
            while log.read_text().count(f"{victim} ") <= ended.count(victim):
                time.sleep(0.01)  # until it is at its next image
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    work = partial(copy, log, 0.3)
    last = run_batch(work, images, out, settings={}, config=config, callback=kill)
    assert counts(last) == (12, 0, 0)
    assert tree(out) == sorted([*names, "manifest.jsonl"])
    assert all((out / name).read_bytes() == (images / name).read_bytes() for name in names)
    found = rows(out)
    assert [row["error"] for row in found.values()] == [None] * 12
    started = [line.split()[1] for line in log.read_text().splitlines()]
    assert len(started) == 13
    assert set(started) == set(names)
    pids = {row["scores"]["pid"] for row in found.values()}
    assert killed[0] in pids
    assert len(pids) >= 2
    assert os.getpid() not in pids

    before = (out / "manifest.jsonl").read_bytes()
    again = run_batch(work, images, out, settings={}, config=config)
    assert counts(again) == (0, 12, 0)
    assert (out / "manifest.jsonl").read_bytes() == before
    (images / "00.png").write_bytes(b"changed")
    third = run_batch(work, images, out, settings={}, config=config)
    assert counts(third) == (1, 11, 0)
    assert (out / "00.png").read_bytes() == b"changed"


def test_an_image_is_tried_twice_and_then_reported(address: str, images: Path) -> None:
    (images / "10.png").write_bytes(b"bad")
    work = partial(die_at, ["00.png", "02.png"], images.parent)
    out = images.parent / "out"
    last = run_batch(work, images, out, settings={}, config=BatchConfig(dask=address))
    assert counts(last) == (10, 0, 2)
    assert (images.parent / "00.png.deaths").read_text() == "xx"
    assert (images.parent / "02.png.deaths").read_text() == "xx"
    found = rows(out)
    assert found["00.png"]["error"] is None
    assert "02.png: the worker that had it was lost twice (tcp://" in found["02.png"]["error"]
    assert found["10.png"]["error"] == f"{images}/10.png: bad"
    assert not [name for name in tree(out) if name.endswith(".tmp")]


def test_the_command_makes_the_same_bytes(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import numpy as np
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for number in range(2):
        values = np.full((32, 40, 3), 60, np.uint8)
        values[8:20, 8 : 20 + 4 * number] = (230, 120, 40)
        Image.fromarray(values).save(f"in/{number}.png")
    Path("list.txt").write_text("in/0.png\nin/1.png\n")
    words = ["batch", "foreground", "--members", "1", "--iterations", "2", "--working-size", "32"]
    assert main([*words, "list.txt", "-o", "one", "-q"]) == 0
    assert main([*words, "list.txt", "-o", "two", "--dask", address]) == 0
    assert capsys.readouterr() == ("two: 2 done of 2\n", "")
    for name in ("in/0.png", "in/1.png"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


def drain(cluster: Cluster[Any, Any]) -> list[tuple[Any, Any]]:
    answers = []
    while len(cluster):
        answers += cluster.wait()
    return answers


def test_jobs_go_to_as_many_workers_as_allowed(address: str) -> None:
    with Cluster[int, int](abs, address, workers=1) as cluster:
        for number in range(-3, 0):
            cluster.submit(number)
        assert len(cluster) == 3
        assert drain(cluster) == [(-3, 3), (-2, 2), (-1, 1)]
        assert cluster.wait(10) == []


def test_what_no_worker_can_do_ends_the_batch(address: str) -> None:
    with Cluster[str, int](int, address) as cluster:
        cluster.submit("x")
        with pytest.raises(ConfigError, match=r"tcp://.* cannot do this: ValueError: invalid li"):
            drain(cluster)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("here", "'here' is no address of a Dask scheduler; say tcp://HOST:8786 or local"),
        ("none.json", "no file none.json; name that of dask scheduler"),
    ],
)
def test_no_scheduler_is_one_line(images: Path, address: str, message: str) -> None:
    out = images.parent / "out"
    with pytest.raises(ConfigError) as caught:
        run_batch(partial(copy, out, 0), images, out, settings={}, config=BatchConfig(dask=address))
    assert str(caught.value) == message
    assert not out.exists()


def test_a_missing_extra_is_named(
    images: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    out = str(images.parent / "out")
    assert main(["batch", "foreground", str(images), "-o", out, "--dask", "local"]) == 2
    expected = 'segprior: distributed is not installed; run pip install "segprior[dask]"\n'
    assert capsys.readouterr().err == expected
