from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ImageError, OutputError
from segprior.io.formats.npy import check_format, load_npz, save_npz
from segprior.io.image import as_image
from tests.helpers.folders import names
from tests.helpers.written import npy


def test_truncated_npy(rgb: NDArray[np.uint8]) -> None:
    data = npy(rgb)
    for length in (len(data) - 1, 200, 60, 7):
        with pytest.raises(ImageError, match=r"truncated|broken npy"):
            as_image(data[:length])


def test_npy_that_claims_more_than_there_is() -> None:
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (64, 64, 10**12)}
    np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(ImageError, match="truncated"):
        as_image(stream.getvalue())


def test_pickle_is_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
            return Path.touch, (tmp_path / "sprung",)

    array = np.empty((9, 9), object)
    array[0, 0] = Trap()
    with pytest.raises(ImageError, match="pickled"):
        as_image(npy(array, allow_pickle=True))
    assert not (tmp_path / "sprung").exists()


def test_five_axes_in_a_file() -> None:
    with pytest.raises(ImageError, match="5 axes"):
        as_image(npy(np.zeros((1, 2, 3, 4, 5))))


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"shape": (64, 64, 3), "descr": "|V99"}, "values of type"),
        ({"shape": (-1, 64), "descr": "|u1"}, "shape .-1, 64."),
        ({"shape": (64, 64), "descr": [("a", "<i4")]}, "values of type"),
        ({"shape": (64, 64), "descr": ("|u1", (3, 3))}, "values of type|axes"),
    ],
)
def test_headers_that_are_no_picture(about: dict[str, Any], told: str) -> None:
    text = repr({"fortran_order": False, **about}).encode().ljust(300)
    data = b"\x93NUMPY\x01\0" + len(text).to_bytes(2, "little") + text + bytes(99999)
    with pytest.raises(ImageError, match=told):
        as_image(data)


def test_all_channels_count(tmp_path: Path) -> None:
    path = tmp_path / "sparse.npy"
    text = repr({"fortran_order": False, "descr": "|u1", "shape": (7900, 8000, 9999)}).encode()
    head = b"\x93NUMPY\x01\0" + len(text).to_bytes(2, "little") + text
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + 7900 * 8000 * 9999)
    with pytest.raises(ImageError, match=r"would take 2.94e.03GB in memory, above the limit"):
        as_image(path)
    with pytest.raises(ImageError, match=r"would take 4.88KB in memory, above the limit of 4.88KB"):
        as_image(npy(np.zeros((10, 10, 10), np.uint8)), max_bytes=4999)


def test_a_header_of_gigabytes_is_not_read() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        long = (30_000_000).to_bytes(4, "little") + b" " * 30_000_000
        archive.writestr("a.npy", b"\x93NUMPY\x02\0" + long)
        archive.writestr("meta.json", "{}")
    tracemalloc.start()
    with pytest.raises(ImageError, match="a header of 30000000 bytes"):
        load_npz(stream.getvalue())
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


class TestNpz:
    def test_all_arrays_together_have_a_budget(self, tmp_path: Path) -> None:
        arrays = {key: np.zeros(1000) for key in "abc"}
        path = save_npz(tmp_path / "a.npz", arrays, {}, compress=True)
        assert len(load_npz(path, max_bytes=24000)[0]) == 3
        with pytest.raises(ImageError, match=r"would take 23.4KB in memory"):
            load_npz(path, max_bytes=23999)

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

    def test_deflated_if_asked(self, arrays: dict[str, NDArray[Any]], tmp_path: Path) -> None:
        arrays["members"][:] = 0.5
        plain = save_npz(tmp_path / "a.npz", arrays, {}).stat().st_size
        path = save_npz(tmp_path / "b.npz", arrays, {}, compress=True)
        assert path.stat().st_size < plain / 1.5
        np.testing.assert_array_equal(load_npz(path)[0]["members"], arrays["members"])

    def test_a_look_at_the_arrays_before_they_are_read(
        self, arrays: dict[str, NDArray[Any]], tmp_path: Path
    ) -> None:
        path = save_npz(tmp_path / "a.npz", arrays, {"a": 1})
        seen: list[Any] = []
        load_npz(path, lambda headers, meta: seen.append((headers, meta)))
        assert seen[0][1] == {"a": 1}
        assert list(seen[0][0]) == list(arrays)
        assert seen[0][0]["members"] == ((3, 8, 9, 2), np.float32)

        def refuse(*_: Any) -> None:
            raise ImageError("too many")

        with pytest.raises(ImageError, match="too many"):
            load_npz(path, refuse)

    @pytest.mark.parametrize("change", [-4, 4])
    def test_members_hold_what_they_say(self, change: int) -> None:
        data = npy(np.zeros(13)) + bytes(4)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.npy", data[: len(data) - 4 + change])
            archive.writestr("meta.json", "{}")
        with pytest.raises(ImageError, match=f"{104 + change} bytes for a.npy, which takes 104"):
            load_npz(stream.getvalue())

    def test_a_long_description_is_not_read(self) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("meta.json", json.dumps({"a": "b" * 2**20}))
        with pytest.raises(ImageError, match="not saved by segprior"):
            load_npz(stream.getvalue())

    def test_what_is_in_it_and_in_which_version(self) -> None:
        check_format({"format": "segprior prior 1"}, "segprior prior 1", "x", "make one")
        for found, match in (
            (
                "segprior prior 2",
                "x: saved as 'segprior prior 2', not 'segprior prior 1'; use",
            ),
            ("segprior tree 1", "x: not a saved prior; make one"),
            (None, "not a saved prior"),
        ):
            with pytest.raises(ImageError, match=match):
                check_format({"format": found}, "segprior prior 1", "x", "make one")

    def test_pickled_members_are_never_loaded(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", allow_pickle=True, a=np.array([{}, None]))
        with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
            archive.writestr("meta.json", json.dumps({}))
        with pytest.raises(ImageError, match="never loaded"):
            load_npz(tmp_path / "a.npz")

    def test_files_of_other_programs(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", a=np.zeros(3))
        with pytest.raises(ImageError, match="not saved by segprior"):
            load_npz(tmp_path / "a.npz")
        with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
            archive.writestr("meta.json", "[1, 2]")
        with pytest.raises(ImageError, match="not saved by segprior"):
            load_npz(tmp_path / "b.npz")
