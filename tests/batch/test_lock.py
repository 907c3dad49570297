from __future__ import annotations

import multiprocessing
import time
from functools import partial
from pathlib import Path

import pytest

from segprior.batch.lock import hold, sweep
from segprior.errors import OutputError
from tests.helpers.batches import batch
from tests.helpers.folders import counts, tree


def test_temporary_files_are_swept_and_others_stay(images: Path) -> None:
    (images / "sub" / ".0123456789abcdef.tmp").touch()
    (images / ".0123456789abcdef.tmp").mkdir()
    (images / ".0123456789abcdef.tmp" / "mask.png").touch()
    (images / ".mine.tmp").touch()
    sweep(images)
    assert tree(images) == [".mine.tmp", "a.png", "sub/b.jpg", "sub/d.png", "sub/deep/c.TIF"]


def test_one_batch_at_a_time_in_a_folder(images: Path) -> None:
    pytest.importorskip("fcntl", reason="no locks of files here")
    out = images.parent / "out"
    out.mkdir()
    with hold(out), pytest.raises(OutputError, match="another segprior batch"), hold(out, 0.1):
        pass
    with hold(out, 0):
        pass


def hold_until_killed(out: Path) -> None:
    from segprior.batch import lock

    lock.fcntl = None
    with hold(out):
        (out / "held").touch()
        time.sleep(60)


def test_one_batch_at_a_time_where_folders_cannot_be_locked(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way of Windows, whose processes end the same."""
    pytest.importorskip("filelock", reason="filelock is not installed")
    monkeypatch.setattr("segprior.batch.lock.fcntl", None)
    out = images.parent / "out"
    (out / "sub").mkdir(parents=True)
    with hold(out), pytest.raises(OutputError, match="another segprior batch"), hold(out, 0.1):
        pass
    assert tree(out) == []
    holder = multiprocessing.get_context("spawn").Process(target=hold_until_killed, args=(out,))
    holder.start()
    while not (out / "held").exists():
        assert holder.is_alive()
        time.sleep(0.01)
    with pytest.raises(OutputError, match="another segprior batch"), hold(out, 0.1):
        pass
    (out / "sub" / ".0123456789abcdef.tmp").touch()
    holder.kill()
    holder.join()
    with hold(out, 5):  # the lock has gone with its process, whose leavings are swept
        assert tree(out) == [".segprior.lock", "held"]
    assert tree(out) == ["held"]


def test_two_batches_are_refused_there_too(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("filelock", reason="filelock is not installed")
    monkeypatch.setattr("segprior.batch.lock.fcntl", None)
    monkeypatch.setattr("segprior.batch.storage.hold", partial(hold, patience=0.1))
    out = images.parent / "out"
    out.mkdir()
    with hold(out), pytest.raises(OutputError, match="another segprior batch"):
        batch(images)
    assert counts(batch(images)) == (4, 0, 0)
    assert counts(batch(images)) == (0, 4, 0)
    assert ".segprior.lock" not in tree(out)
