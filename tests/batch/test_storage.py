from __future__ import annotations

from pathlib import Path

import pytest

from segprior.batch.lock import hold
from segprior.batch.storage import LocalStorage
from segprior.errors import OutputError


@pytest.fixture
def shared(tmp_path: Path) -> LocalStorage:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"image")
    return LocalStorage(source=tmp_path / "in", output=tmp_path / "out", shared=True)


def test_a_worker_that_does_not_see_the_folder_says_so(shared: LocalStorage) -> None:
    (item,) = shared.find()
    with pytest.raises(OutputError, match="out is not there for this worker"), shared.near(item):
        pass
    assert not shared.output.exists()


def test_a_lasting_worker_has_the_folder_for_an_image_only(shared: LocalStorage) -> None:
    pytest.importorskip("fcntl", reason="no locks of files here")
    (item,) = shared.find()
    shared.output.mkdir()
    with (
        shared.near(item) as (near, image_hash),
        pytest.raises(OutputError, match="another segprior batch"),
        hold(shared.output, 0.1),
    ):
        pass
    assert near is item
    assert image_hash == shared.digest(item)
    with hold(shared.output, 0):
        pass


def test_images_of_a_list_have_whole_paths_for_workers_elsewhere(
    shared: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shared.source)
    (shared.source / "list.txt").write_text("a.png\n")
    listed = LocalStorage(source=Path("list.txt"), output=shared.output, shared=True)
    (item,) = listed.find()
    assert (item.name, item.source) == ("a.png", shared.source / "a.png")


def test_what_is_left_is_tidied_away(shared: LocalStorage) -> None:
    (shared.output / "sub" / "deep").mkdir(parents=True)
    (shared.output / "sub" / ".0123456789abcdef.tmp").touch()
    shared.tidy(["sub/deep/x.png"])
    assert shared.output.is_dir()
    assert not (shared.output / "sub").exists()
