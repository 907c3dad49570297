"""Files out, and back in where they can be."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from folders import names
from segprior.errors import ImageError, OutputError
from segprior.image.colour import to_uint8
from segprior.image.palette import label_colours, palette
from segprior.io.files.atomic import open_atomically, write_atomically
from segprior.io.formats.npy import load_npz, save_npz
from segprior.io.formats.png import encode_indexed, encode_mask, encode_png
from segprior.io.image import as_image
from segprior.io.label_maps import encode_labels, read_labels, save_labels
from segprior.io.pictures import encode_picture, picture_suffixes, save_picture


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


class TestAtomic:
    def test_writes_and_replaces(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        assert write_atomically(str(path), b"one") == path
        write_atomically(path, memoryview(b"two"))
        assert path.read_bytes() == b"two"
        assert names(tmp_path) == ["a.bin"]

    @pytest.mark.skipif(sys.platform == "win32", reason="no permission bits")
    def test_usual_permissions(self, tmp_path: Path) -> None:
        (tmp_path / "usual").touch()
        write_atomically(tmp_path / "ours", b"")
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert len(modes) == 1

    @pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, MemoryError])
    def test_interrupted_leaves_the_old_file_and_nothing_else(
        self, error: type[BaseException], tmp_path: Path
    ) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(b"old")
        with pytest.raises(error), open_atomically(path) as stream:  # noqa: PT012
            stream.write(b"half of the ne")
            assert len(names(tmp_path)) == 2
            raise error
        assert names(tmp_path) == ["a.bin"]
        assert path.read_bytes() == b"old"

    @pytest.mark.parametrize("step", ["open", "replace"])
    def test_refused_by_the_system(
        self, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, step, refuse)
        with pytest.raises(OutputError, match=r"cannot write .*a\.bin: Permission denied; choose"):
            write_atomically(tmp_path / "a.bin", b"data")
        monkeypatch.undo()
        assert names(tmp_path) == []

    def test_places_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for path, reason in (
            (tmp_path / "absent" / "a.png", "no folder .*absent; make it first"),
            (tmp_path / "file" / "a.png", "no folder .*file; make it first"),
            (tmp_path, "it is a folder"),
            (tmp_path / ("x" * 300), "too long"),
            (tmp_path / "a\0b", "null"),
        ):
            with pytest.raises(OutputError, match=reason) as caught:
                write_atomically(path, b"data")
            assert "\n" not in str(caught.value)
        assert names(tmp_path) == ["file"]

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
    def test_links_are_followed_and_devices_kept(self, tmp_path: Path) -> None:
        (tmp_path / "real").touch()
        (tmp_path / "link").symlink_to("real")
        write_atomically(tmp_path / "link", b"data")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_bytes() == b"data"
        write_atomically("/dev/null", b"data")
        assert Path("/dev/null").is_char_device()


class TestPalette:
    def test_256_distinct_colours_that_never_change(self) -> None:
        table = palette()
        assert table.shape == (256, 3)
        assert table.dtype == np.uint8
        assert len(np.unique(table, axis=0)) == 256
        assert table[:3].tolist() == [[0, 0, 0], [230, 159, 0], [86, 180, 233]]
        digest = hashlib.sha256(table.tobytes()).hexdigest()
        assert digest[:16] == "5b524d2adf57dbe7"
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1

    def test_colours_of_labels_come_round_without_black(self) -> None:
        colours = label_colours(np.array([[0, 1, 255, 256, 510, 511]]))
        table = palette()
        np.testing.assert_array_equal(colours[0], table[[0, 1, 255, 1, 255, 1]])


class TestPng:
    def test_mask_is_grey_0_and_255(self) -> None:
        image = opened(encode_mask(np.array([[0, 1], [True, False]])))
        assert (image.mode, np.asarray(image).tolist()) == ("L", [[0, 255], [255, 0]])

    def test_indexed_holds_labels_and_the_palette(self) -> None:
        labels = np.arange(12).reshape(3, 4)
        image = opened(encode_indexed(labels))
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), labels)
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), palette()[labels])

    @pytest.mark.parametrize(
        ("shape", "mode"),
        [((4, 5), "L"), ((4, 5, 1), "L"), ((4, 5, 3), "RGB"), ((4, 5, 4), "RGBA")],
    )
    def test_pictures(self, shape: tuple[int, ...], mode: str) -> None:
        picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        image = opened(encode_png(picture))
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image), picture.reshape(np.asarray(image).shape))

    def test_same_bytes_every_time(self) -> None:
        labels = np.random.default_rng(0).integers(0, 9, (16, 16))
        assert encode_indexed(labels) == encode_indexed(labels.astype(np.uint8))


class TestLabels:
    @pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF", ".npy"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
    def test_masks(self, suffix: str, dtype: type, tmp_path: Path) -> None:
        for mask in (np.eye(9), np.zeros((9, 9)), np.ones((9, 9))):
            path = save_labels(tmp_path / f"mask{suffix}", mask.astype(dtype), mask=True)
            read = read_labels(path)
            assert read.ndim == 2
            np.testing.assert_array_equal(read, mask)
            if suffix != ".npy":
                stored = tifffile.imread(path) if suffix != ".png" else opened(path.read_bytes())
                np.testing.assert_array_equal(np.asarray(stored), mask * 255)

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
    @pytest.mark.parametrize("top", [1, 3, 16, 255, 256, 4000, 65535])
    def test_label_maps_come_back_exactly(self, suffix: str, top: int, tmp_path: Path) -> None:
        labels = np.random.default_rng(top).integers(0, top + 1, (24, 32))
        labels[0, :2] = 0, top
        read = read_labels(save_labels(tmp_path / f"labels{suffix}", labels, mask=False))
        assert read.dtype.kind in "iu"
        np.testing.assert_array_equal(read, labels)

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
    def test_labels_0_and_255_are_no_mask(self, suffix: str, tmp_path: Path) -> None:
        labels = np.eye(9, dtype=np.uint8) * 255
        read = read_labels(save_labels(tmp_path / f"labels{suffix}", labels, mask=False))
        np.testing.assert_array_equal(read, labels)

    def test_more_labels_than_16_bits(self, tmp_path: Path) -> None:
        labels = np.array([[0, 70000], [1, 2]])
        with pytest.raises(OutputError, match=r"label 70000 as '\.png'; use \.npy"):
            encode_labels(labels, ".png", mask=False)
        for suffix in (".tif", ".npy"):
            path = save_labels(tmp_path / f"a{suffix}", np.tile(labels, (8, 8)), mask=False)
            np.testing.assert_array_equal(read_labels(path), np.tile(labels, (8, 8)))

    def test_what_cannot_be_saved(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"'\.jpg'; use \.png, \.tif, \.tiff, \.npy"):
            save_labels(tmp_path / "a.jpg", np.eye(9), mask=True)
        with pytest.raises(OutputError, match="label -1"):
            save_labels(tmp_path / "a.png", np.full((9, 9), -1), mask=False)
        assert names(tmp_path) == []

    def test_what_other_programs_write(self, tmp_path: Path) -> None:
        mask = np.eye(9, dtype=bool)
        path = tmp_path / "a.png"
        Image.fromarray(mask).save(path)
        np.testing.assert_array_equal(read_labels(path), mask)
        Image.fromarray(mask.astype(np.uint8) * 7).save(path)
        np.testing.assert_array_equal(read_labels(path), mask * 7)
        few = Image.fromarray(mask.astype(np.uint8))
        few.putpalette([0, 0, 0, 255, 0, 0])
        few.save(path)
        np.testing.assert_array_equal(read_labels(path), mask)
        table = np.zeros((3, 256), np.uint16)
        tifffile.imwrite(
            tmp_path / "a.tif", mask.astype(np.uint8) * 255, photometric="palette", colormap=table
        )
        np.testing.assert_array_equal(read_labels(tmp_path / "a.tif"), mask * 255)

    def test_what_are_no_labels(self) -> None:
        grey = np.zeros((16, 16), np.uint8)
        stream = io.BytesIO()
        Image.fromarray(grey).save(stream, "JPEG")
        for data, reason in (
            (stream.getvalue(), "JPEG blurs"),
            (encode_png(np.zeros((16, 16, 3), np.uint8)), "not a label map"),
            (encode_picture(np.zeros((16, 16), np.float32), ".npy"), "float32, not labels"),
            (b"", "0 bytes"),
            (b"nothing", "not a picture"),
        ):
            with pytest.raises(ImageError, match=reason):
                read_labels(data)


class TestPictures:
    @pytest.mark.parametrize("suffix", picture_suffixes())
    @pytest.mark.parametrize("channels", [0, 1, 3])
    def test_every_suffix(self, suffix: str, channels: int, tmp_path: Path) -> None:
        smooth = np.linspace(0, 1, 24 * 32, dtype=np.float32).reshape(24, 32)
        picture = smooth if channels == 0 else np.stack([smooth] * channels, axis=-1)
        path = save_picture(tmp_path / f"a{suffix.upper()}", picture)
        read = as_image(path)
        np.testing.assert_allclose(read[..., 0], smooth, atol=0.02)
        if suffix in (".tif", ".tiff", ".npy"):
            np.testing.assert_array_equal(read[..., 0], smooth)
        elif suffix not in (".jpg", ".jpeg"):
            np.testing.assert_array_equal(to_uint8(read)[..., 0], to_uint8(smooth))
        assert names(tmp_path) == [path.name]

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".npy"])
    def test_rgba(self, suffix: str, tmp_path: Path) -> None:
        picture = np.random.default_rng(0).integers(1, 256, (16, 16, 4), np.uint8)
        path = save_picture(tmp_path / f"a{suffix}", picture)
        np.testing.assert_array_equal(to_uint8(as_image(path, alpha="keep")), picture)
        assert as_image(path).shape[2] == (4 if suffix == ".npy" else 3)

    @pytest.mark.parametrize("channels", [2, 4, 5, 11])
    @pytest.mark.parametrize("suffix", [".tif", ".npy"])
    def test_many_bands(self, channels: int, suffix: str, tmp_path: Path) -> None:
        picture = np.random.default_rng(0).random((16, 24, channels), np.float32)
        np.testing.assert_array_equal(
            as_image(save_picture(tmp_path / f"a{suffix}", picture)), picture
        )

    def test_16_bits(self, tmp_path: Path) -> None:
        picture = np.arange(256, dtype=np.uint16).reshape(16, 16) * 250
        for suffix in (".png", ".tif"):
            path = save_picture(tmp_path / f"a{suffix}", picture)
            np.testing.assert_array_equal(as_image(path), as_image(picture))
        np.testing.assert_array_equal(
            as_image(encode_picture(picture, ".bmp")), as_image(to_uint8(picture))
        )

    @pytest.mark.parametrize("dtype", [bool, np.float16, np.float64])
    @pytest.mark.parametrize("suffix", [".tif", ".npy", ".png"])
    def test_other_types(self, dtype: type, suffix: str) -> None:
        picture: NDArray[Any] = np.eye(9).astype(dtype)
        np.testing.assert_array_equal(as_image(encode_picture(picture, suffix))[..., 0], np.eye(9))

    def test_what_cannot_be_saved(self, tmp_path: Path) -> None:
        for suffix, channels, reason in (
            (".xyz", 3, r"'\.xyz'; use one of \.png, \.jpg"),
            ("", 3, "''; use one of"),
            (".png", 2, r"2 channels as '\.png'; use \.tif or \.npy"),
            (".png", 5, r"5 channels as '\.png'; use \.tif or \.npy"),
            (".jpg", 4, r"4 channels as '\.jpg'; use \.png, \.tif or \.npy"),
            (".bmp", 4, "4 channels"),
        ):
            with pytest.raises(OutputError, match=reason):
                save_picture(tmp_path / f"a{suffix}", np.zeros((9, 9, channels)))
        with pytest.raises(OutputError, match=r"20000 x 8 pixels as '\.webp'; use \.png"):
            save_picture(tmp_path / "a.webp", np.zeros((20000, 8)))
        assert names(tmp_path) == []


class TestNpz:
    @pytest.fixture
    def arrays(self) -> dict[str, NDArray[Any]]:
        generator = np.random.default_rng(0)
        return {
            "members": generator.random((3, 8, 9, 2), np.float32),
            "losses": np.asfortranarray(generator.random((4, 5))),
            "at": np.array(7),
            "names/of": np.array(["up1", "up2"]),
        }

    def test_round_trip(self, arrays: dict[str, NDArray[Any]], tmp_path: Path) -> None:
        meta = {"version": "1", "seed": 2**62, "config": {"members": 3, "snapshots": [1, 2]}}
        path = save_npz(tmp_path / "a.npz", arrays, meta)
        read, read_meta = load_npz(path)
        assert read_meta == meta
        assert list(read) == list(arrays)
        for name, array in arrays.items():
            assert read[name].dtype == array.dtype
            np.testing.assert_array_equal(read[name], array)
        with np.load(path) as plain:
            np.testing.assert_array_equal(plain["members"], arrays["members"])
        np.testing.assert_array_equal(load_npz(path.read_bytes())[0]["at"], 7)

    def test_same_bytes_every_time(self, arrays: dict[str, NDArray[Any]], tmp_path: Path) -> None:
        first = save_npz(tmp_path / "a.npz", arrays, {"a": 1}).read_bytes()
        assert save_npz(tmp_path / "b.NPZ", arrays, {"a": 1}).read_bytes() == first

    def test_no_objects_and_no_other_suffix(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="allow_pickle"):
            save_npz(tmp_path / "a.npz", {"a": np.array([None])}, {})
        with pytest.raises(TypeError):
            save_npz(tmp_path / "a.npz", {}, {"a": object()})
        with pytest.raises(OutputError, match=r"'\.png'; use \.npz"):
            save_npz(tmp_path / "a.png", {}, {})
        assert names(tmp_path) == []

    def test_broken_files(self, arrays: dict[str, NDArray[Any]], tmp_path: Path) -> None:
        whole = save_npz(tmp_path / "a.npz", arrays, {}).read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 3] ^= 255
        stream = io.BytesIO()
        np.save(stream, arrays["losses"])
        for data in (b"", b"PK", whole[:100], whole[:-30], whole[: len(whole) // 2], bytes(flipped),
                     stream.getvalue(), b"some text"):  # fmt: skip
            with pytest.raises(ImageError) as caught:
                load_npz(data)
            assert "\n" not in str(caught.value)
        with pytest.raises(ImageError, match="no file"):
            load_npz(tmp_path / "absent.npz")

    def test_pickled_members_are_never_loaded(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", allow_pickle=True, a=np.array([{}, None]))
        with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
            archive.writestr("meta.json", json.dumps({}))
        with pytest.raises(ImageError, match="allow_pickle"):
            load_npz(tmp_path / "a.npz")

    def test_files_of_other_programs(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", a=np.zeros(3))
        with pytest.raises(ImageError, match="not saved by segprior"):
            load_npz(tmp_path / "a.npz")
        with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
            archive.writestr("meta.json", "[1, 2]")
        with pytest.raises(ImageError, match="not saved by segprior"):
            load_npz(tmp_path / "b.npz")
