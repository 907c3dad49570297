"""What every format keeps to, ours and those of strangers.

A format is tested here by being registered. What its files hold is for a test of its own.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import segprior
from segprior.cli import main
from segprior.errors import ImageError, OutputError
from segprior.image.colour import to_uint8
from segprior.io.decode import read_pixels
from segprior.io.export import result_formats, save_segmentation
from segprior.io.format import Format
from segprior.io.image import as_image, image_suffixes
from segprior.io.label_maps import read_labels
from segprior.io.pictures import encode_picture, picture_suffixes
from segprior.io.registry import by_suffix, folder_format, formats, recognise
from segprior.io.window_reader import open_windows
from segprior.io.window_writer import save_bands
from tests.io.conftest import Register

# Small numbers, and transparency, are read here as they are; what is told is tested elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore::segprior.errors.InputWarning")

SHAPE = (24, 37)
RNG = np.random.default_rng(0)
MASK = (np.indices(SHAPE).sum(0) % 11 < 5).astype(np.uint8)


def those(able: Callable[[Format], object]) -> pytest.MarkDecorator:
    """Run a test for each format that can do something."""
    found = [format for format in formats() if able(format)]
    return pytest.mark.parametrize("format", found, ids=[format.name for format in found])


def writes_labels(format: Format) -> bool:
    return format.writes_labels


def label_map(top: int) -> NDArray[np.int64]:
    labels = RNG.integers(0, top + 1, SHAPE)
    labels[0, :2] = 0, top
    return labels


def content(path: Path) -> dict[str, bytes]:
    """The bytes of a file, or of all files in a folder."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {str(file.relative_to(path)): file.read_bytes() for file in files if file.is_file()}


def is_read(path: Path) -> bool:
    if folder_format(path) is not None:
        return True
    return path.is_file() and recognise(io.BytesIO(path.read_bytes()), path.name) is not None


def made(format: Format, folder: Path) -> Path:
    """Make a file of a format, by what it writes itself or by Pillow."""
    path = folder / f"made{format.endings[0]}"
    if format.encode_picture is not None:
        path.write_bytes(format.encode_picture(picture(format), format.endings[0]))
    elif format.writes_labels:
        save_segmentation(path, label_map(7), mask=False, wanted=format.name)
    elif path.suffix in Image.registered_extensions():
        Image.fromarray(to_uint8(picture(format))).save(path)
    else:
        pytest.skip("nothing here writes it; its own test has files")
    return path


def picture(format: Format) -> NDArray[np.uint8]:
    channels = 3 if not format.channels or 3 in format.channels else format.channels[0]
    return RNG.integers(0, 256, (*SHAPE, channels), np.uint8)


class TestNames:
    def test_each_name_and_suffix_once(self) -> None:
        names = [format.name for format in formats()]
        suffixes = [suffix for format in formats() for suffix in format.suffixes]
        assert len(set(names)) == len(names)
        assert len(set(suffixes)) == len(suffixes)

    @those(lambda format: True)
    def test_words(self, format: Format) -> None:
        assert format.name == format.name.lower().replace(" ", "-")
        assert "\n" not in format.kind
        assert format.endings
        for suffix in format.endings:
            assert suffix == suffix.lower()
            assert suffix.startswith(".")

    @those(lambda format: True)
    def test_suffixes_are_recognised(self, format: Format) -> None:
        for suffix in format.suffixes:
            assert by_suffix(f"a{suffix}") is format
            assert by_suffix(Path("folder.png") / f"A.B{suffix.upper()}") is format
            assert (suffix in image_suffixes()) == (format.read is not None)
            assert (suffix in picture_suffixes()) == (format.encode_picture is not None)

    @those(lambda format: format.read or format.open_windows)
    def test_content_is_recognised_whatever_the_name(self, format: Format, tmp_path: Path) -> None:
        path = made(format, tmp_path)
        if format.recognises is None and format.recognises_folder is None:
            pytest.skip("known by its suffix only")
        other = path.rename(tmp_path / "other.name")
        assert as_image(other).shape[:2] == SHAPE

    def test_help_names_all_that_labels_are_written_in(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["segment", "--help"]) == 0
        words = capsys.readouterr().out.split()
        assert "|".join(result_formats()) in words


class TestPictures:
    @those(lambda format: format.encode_picture)
    @pytest.mark.parametrize("channels", [0, 1, 2, 3, 4, 5])
    def test_come_back_to_their_depth(self, format: Format, channels: int) -> None:
        shape = (*SHAPE, channels) if channels else SHAPE
        eight = RNG.integers(1, 256, shape, np.uint8)
        if channels == 4:
            eight[..., 3] |= 128  # colours that cannot be seen need not be kept
        if format.lossy:
            eight[:] = eight[:1, :1]
        depths: list[NDArray[Any]] = [eight, eight * np.uint16(257) - 1, eight / np.float32(256)]
        if channels != 4:
            depths.append(eight > 99)
        for suffix in format.suffixes:
            if format.channels and max(channels, 1) not in format.channels:
                with pytest.raises(OutputError, match=f"{channels} channels as '{suffix}'; use"):
                    encode_picture(eight, suffix)
                continue
            for values in depths:
                data = encode_picture(values, suffix)
                assert data == encode_picture(values, suffix)
                if recognise(io.BytesIO(data), f"a{suffix}") is None:
                    continue
                read = as_image(data, alpha="keep")
                whole, rounded = as_image(values), as_image(to_uint8(values))
                if format.lossy:
                    np.testing.assert_allclose(read[..., : max(channels, 1)], whole, atol=0.02)
                elif read.shape != whole.shape:  # a format without grey pictures
                    assert not format.grey
                    np.testing.assert_array_equal(read, np.repeat(rounded, 3, axis=2))
                elif not np.array_equal(read, whole):
                    assert values.dtype != np.uint8
                    np.testing.assert_array_equal(read, rounded)


class TestLabels:
    @those(writes_labels)
    @pytest.mark.parametrize("top", [0, 1, 3, 255, 256, 65535, 70000])
    def test_come_back_exactly(self, format: Format, top: int, tmp_path: Path) -> None:
        labels = label_map(top) if top else MASK
        for suffix in format.endings:
            path = tmp_path / f"a{suffix}"
            if top > (format.largest or top):
                with pytest.raises(OutputError, match=rf"cannot save label {top} as .*; use \S+ "):
                    save_segmentation(path, labels, mask=False, wanted=format.name)
                assert not path.exists()
                continue
            saved = save_segmentation(path, labels, mask=not top, wanted=format.name)
            assert saved == path
            if is_read(path):
                np.testing.assert_array_equal(read_labels(path), labels)

    @those(writes_labels)
    def test_labels_0_and_255_are_no_mask(self, format: Format, tmp_path: Path) -> None:
        path = tmp_path / f"a{format.endings[0]}"
        save_segmentation(path, MASK * 255, mask=False, wanted=format.name)
        if is_read(path):
            np.testing.assert_array_equal(read_labels(path), MASK * 255)

    @those(writes_labels)
    def test_same_bytes_again_and_nothing_else(self, format: Format, tmp_path: Path) -> None:
        found = []
        for folder in (tmp_path / "one", tmp_path / "two"):
            folder.mkdir()
            path = folder / f"a{format.endings[0]}"
            for labels in (label_map(9), MASK):  # the second time it replaces a file
                save_segmentation(path, labels, mask=labels is MASK, wanted=format.name)
            assert list(folder.iterdir()) == [path]
            found.append(content(path))
        assert found[0] == found[1]
        assert any(found[0].values())

    @those(writes_labels)
    @pytest.mark.parametrize("top", [0, 3, 300])
    def test_in_bands_as_whole(self, format: Format, top: int, tmp_path: Path) -> None:
        labels = label_map(top) if top else MASK
        bands = (labels[start : start + 7] for start in range(0, SHAPE[0], 7))
        path = save_bands(
            tmp_path / f"a{format.endings[0]}", bands, SHAPE, mask=not top, largest=top or 1,
            wanted=format.name,
        )  # fmt: skip
        if is_read(path):
            np.testing.assert_array_equal(read_labels(path), labels)
        elif format.write_bands is None:
            banded = path.read_bytes()
            save_segmentation(path, labels, mask=not top, wanted=format.name)
            assert path.read_bytes() == banded

    @those(writes_labels)
    def test_refused_where_there_is_no_folder(self, format: Format, tmp_path: Path) -> None:
        path = tmp_path / "absent" / f"a{format.endings[0]}"
        with pytest.raises(OutputError) as caught:
            save_segmentation(path, MASK, mask=True, wanted=format.name)
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []


class TestReading:
    @those(lambda format: format.read or format.open_windows)
    @pytest.mark.parametrize("share", [0, 0.3, 0.6])
    def test_truncated(self, format: Format, share: float, tmp_path: Path) -> None:
        path = made(format, tmp_path)
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
        with pytest.raises(ImageError) as caught:
            as_image(path)
        assert "\n" not in str(caught.value)
        assert path.name in str(caught.value)

    @those(lambda format: format.read or format.open_windows)
    def test_too_many_pixels_or_too_few_pages(self, format: Format, tmp_path: Path) -> None:
        path = made(format, tmp_path)
        with pytest.raises(ImageError, match=r"24 x 37 pixels are .* raise max_pixels"):
            as_image(path, max_pixels=100)
        with pytest.raises(ImageError, match=r"has 1 page.*got page=5"):
            as_image(path, page=5)

    @those(lambda format: format.open_windows)
    def test_windows_are_parts_of_the_whole(self, format: Format, tmp_path: Path) -> None:
        paths = [made(format, tmp_path)]
        if format.write_bands is not None:
            paths.append(tmp_path / f"bands{format.endings[0]}")
            save_bands(paths[-1], [label_map(7)], SHAPE, mask=False, largest=7, wanted=format.name)
        for path in paths:
            whole = as_image(path)
            with open_windows(path) as image:
                assert image.shape == whole.shape
                for rows, columns in (
                    (slice(0, 24), slice(0, 37)),
                    (slice(3, 4), slice(0, 37)),
                    (slice(5, 24), slice(36, 37)),
                ):
                    window = image.read(rows, columns)
                    np.testing.assert_array_equal(window, whole[rows, columns])

    @those(lambda format: format.read)
    def test_from_bytes_and_streams_too(self, format: Format, tmp_path: Path) -> None:
        path = made(format, tmp_path)
        whole = as_image(path)
        if format.recognises is not None:
            np.testing.assert_array_equal(as_image(path.read_bytes()), whole)
        with path.open("rb") as stream:
            np.testing.assert_array_equal(as_image(stream), whole)
        pixels = read_pixels(path)
        assert (pixels.kind, pixels.lossy) == (format.kind, format.lossy)


STRANGE = """
import numpy as np
from segprior.io.files.pixels import Pixels, check_page, check_pixels

def read(stream, name, reading):
    check_page(reading.page, 1, name)
    rows, columns = (int(stream.readline().split()[1]) for _ in range(2))
    check_pixels(rows, columns, reading.max_pixels, name)
    values = np.array(stream.read().split(), int).reshape(rows, columns)
    return Pixels(values=values.astype(np.uint16), name=name, stored_axis=2)

def encode(labels, target):
    rows, columns = target.shape
    lines = [f"rows {rows}", f"columns {columns}", *(" ".join(map(str, row)) for row in labels)]
    return ("\\n".join(lines) + "\\n").encode()

FORMAT = Format(
    name="strange", title="strange grid", suffixes=(".strange",), shared=(".json",),
    recognises=lambda head: head.startswith(b"rows "), read=read, encode_labels=encode,
    largest=65535,
)
"""


class TestStrangers:
    """The format of another distribution, by an entry point."""

    @pytest.fixture
    def photo(self, tmp_path: Path) -> Path:
        values = np.full((32, 40, 3), 60, np.uint8)
        values[8:24, 10:30] = (230, 120, 40)
        Image.fromarray(values).save(tmp_path / "photo.png")
        return tmp_path / "photo.png"

    def test_from_python(self, register: Register, tmp_path: Path) -> None:
        register(strange=STRANGE)
        labels = np.kron(label_map(6)[:4, :4], np.ones((5, 4), int))
        found = segprior.Segmentation(
            labels=labels, confidence=np.ones(labels.shape, np.float32), score=1, config=None,
            seed=0, seconds=0, kind="labels",
        )  # fmt: skip
        for name, format in (("a.strange", None), ("b.strange", "strange"), ("c.json", "strange")):
            path = found.save(tmp_path / name, format=format)
            assert path.read_bytes().startswith(b"rows 20\ncolumns 16\n")
            np.testing.assert_array_equal(read_labels(path), labels)
            np.testing.assert_allclose(
                segprior.as_image(path, value_range="full")[..., 0], labels / 65535, rtol=1e-6
            )
        (tmp_path / "a.strange").write_bytes(b"rows 9\n")
        with pytest.raises(ImageError, match=r"a\.strange: broken strange grid \(.*; save or"):
            segprior.as_image(tmp_path / "a.strange")
        with pytest.raises(OutputError, match=r"label 70000 as '\.strange'; use .*\.npy.* instead"):
            save_segmentation(tmp_path / "d.strange", labels * 0 + 70000, mask=False)
        with pytest.raises(OutputError, match=r"may become .*strange grid.*; pass .*'strange'"):
            found.save(tmp_path / "d.json")

    def test_from_the_command_line(self, register: Register, photo: Path, tmp_path: Path) -> None:
        register(strange=STRANGE)
        command = ["foreground", str(photo), "--features", "image", "-q", "-o"]
        assert main([*command, str(tmp_path / "a.png")]) == 0
        assert main([*command, str(tmp_path / "a.strange")]) == 0
        assert main([*command, f"{tmp_path / 'out'}/", "--format", "strange"]) == 0
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["photo.strange"]
        for path in (tmp_path / "a.strange", tmp_path / "out" / "photo.strange"):
            np.testing.assert_array_equal(read_labels(path), read_labels(tmp_path / "a.png"))

    def test_named_by_help(self, register: Register, capsys: pytest.CaptureFixture[str]) -> None:
        register(strange=STRANGE)
        assert main(["foreground", "--help"]) == 0
        words = " ".join(capsys.readouterr().out.split())
        assert re.search(r"--format \S*\bstrange\b", words)
        assert re.search(r"\.json, which may be [^.]*\bstrange\b", words)

    def test_in_a_process_of_its_own(self, register: Register, photo: Path, tmp_path: Path) -> None:
        register(strange=STRANGE)
        code = (
            f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
            "from segprior.io.image import image_suffixes; print('.strange' in image_suffixes())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert (done.stdout.strip(), done.stderr) == ("True", "")

    def test_gone_afterwards(self) -> None:
        assert "strange" not in result_formats()
