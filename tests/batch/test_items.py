from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from segprior.batch.items import Claims, check_places, find_items, load_list, read_list
from segprior.batch.run import run_batch
from segprior.errors import ConfigError, ImageError, OutputError
from tests.helpers.batches import batch, copy


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
    for data in (b"\0", "a.png\n".encode("utf-16"), b"\xff\xfe", b"\xfe\xff\x4e\x2d"):
        Path("list.txt").write_bytes(data)
        with pytest.raises(ImageError, match=r"list\.txt is not a text file"):
            find_items(Path("list.txt"), Path("out"))


def test_a_list_may_begin_with_a_mark_of_its_encoding(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(images)
    Path("list.txt").write_bytes("\ufeffa.png\r\nsub/b.jpg\r\n".encode())
    found = find_items(Path("list.txt"), Path("out"))
    assert [item.name for item in found] == ["a.png", "sub/b.jpg"]


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


def test_a_list_may_not_be_of_any_size(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a.png\n" * 20000)
    assert load_list(path) == path.read_bytes()
    with path.open("r+b") as file:
        file.truncate(1 << 33)
    with pytest.raises(ImageError, match="a list of 8589934592 bytes"):
        load_list(path)
    path.write_bytes(b"a.png\n\0" + bytes(1 << 20))
    with pytest.raises(ImageError, match="not a text file"):
        load_list(path)


def test_a_list_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"a\n")
    assert load_list(path) == b"a\n"
    with path.open("r+b") as file:
        file.truncate((1 << 26) + 1)
    with pytest.raises(ImageError, match=r"a list of 67108865 bytes and more"):
        load_list(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_may_be_a_list_but_not_without_an_end(tmp_path: Path) -> None:
    def write(pieces: int) -> None:
        with suppress(BrokenPipeError), path.open("wb") as file:
            for _ in range(pieces):
                file.write(b"abc.png\n" * (1 << 17))

    path = tmp_path / "pipe"
    os.mkfifo(path)
    for pieces, is_read in ((1, True), (1 << 20, False)):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(write, pieces)
            if is_read:
                assert len(load_list(path)) == 1 << 20
            else:
                with pytest.raises(ImageError, match="67108865 bytes and more"):
                    load_list(path)


def test_lines_end_as_they_may_and_are_counted(tmp_path: Path, monkeypatch: Any) -> None:
    assert read_list(b"\xef\xbb\xbfa\r\n\r\n b c \rd\n\n", "x") == ["a", "b c", "d"]
    monkeypatch.setattr("segprior.batch.items._MOST_LINES", 2)
    assert read_list(b"a\nb\n", "x") == ["a", "b"]
    with pytest.raises(ImageError, match="x: a list of more than 2 paths"):
        read_list(b"a\nb\nc", "x")
