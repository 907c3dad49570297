"""Folders of Zarr: all codecs that are read, and whatever is kept out."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segprior.errors import ImageError
from segprior.io.image import as_image
from segprior.io.shared.zarr_store import guarded, vetted
from tests.helpers.windows import RGB, compare

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")
GREY = RGB[..., 0]


def format_2(path: Path, **fields: Any) -> Path:
    path.mkdir()
    plain = {
        "zarr_format": 2, "shape": [32, 32], "chunks": [32, 32], "dtype": "|u1", "order": "C",
        "fill_value": 0, "compressor": None, "filters": None,
    }  # fmt: skip
    (path / ".zarray").write_text(json.dumps(plain | fields))
    return path


def format_3(path: Path, **fields: Any) -> Path:
    path.mkdir()
    plain = {
        "zarr_format": 3, "node_type": "array", "shape": [32, 32], "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [32, 32]}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": [{"name": "bytes"}],
        "attributes": {},
    }  # fmt: skip
    (path / "zarr.json").write_text(json.dumps(plain | fields))
    return path


OPTIONS: dict[str, dict[str, Any]] = {
    **{
        f"2 {kind}": {"zarr_format": 2, "compressors": {"id": kind}}
        for kind in ("zlib", "gzip", "bz2", "lzma", "blosc", "zstd", "lz4")
    },
    "2 filters": {
        "zarr_format": 2, "compressors": {"id": "zlib"},
        "filters": [{"id": "delta", "dtype": "|u1"}, {"id": "shuffle"}],
    },
    **{
        f"3 {kind}": {"compressors": [{"name": kind, "configuration": about}]}
        for kind, about in {
            "gzip": {"level": 5}, "zstd": {"level": 0, "checksum": True},
            "blosc": {"cname": "lz4", "clevel": 5, "shuffle": "noshuffle", "typesize": 1,
                      "blocksize": 0},
            "numcodecs.zlib": {}, "numcodecs.lzma": {},
        }.items()
    },
    "3 sums": {
        "compressors": [{"name": "crc32c"}, {"name": "gzip", "configuration": {"level": 1}}]
    },
    "3 shards": {
        "chunks": (8, 16), "shards": (32, 32),
        "compressors": [{"name": "zstd", "configuration": {"level": 0, "checksum": False}}],
    },
    "3 turned": {"filters": [{"name": "transpose", "configuration": {"order": [1, 0]}}]},
}  # fmt: skip


@pytest.mark.parametrize("kind", list(OPTIONS))
def test_every_codec_that_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.zarr"
    options = {"chunks": (32, 32)} | OPTIONS[kind]
    if kind == "2 filters":
        options["filters"] = [numcodecs.get_codec(one) for one in options["filters"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of codecs that are not in the specification
        array = zarr.create_array(str(path), shape=GREY.shape, dtype="u1", **options)
        array[...] = GREY
    np.testing.assert_array_equal(as_image(path), as_image(GREY))
    compare(path, as_image(GREY))


def test_an_image_in_a_group_that_is_described_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    group.create_array("0", shape=GREY.shape, dtype="u1", chunks=(32, 32))[...] = GREY
    scales = [{"axes": ["y", "x"], "datasets": [{"path": "0"}]}]
    group.attrs["multiscales"] = scales
    zarr.consolidate_metadata(str(path))
    np.testing.assert_array_equal(as_image(path), as_image(GREY))
    for place in ("../a.zarr/0", "/", ".", "0/..", ""):
        group.attrs["multiscales"] = [{"axes": ["y", "x"], "datasets": [{"path": place}]}]
        with pytest.raises(ImageError, match=r"a\.zarr: "):
            as_image(path)


class Harm:
    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("pickle_ran", "w")


@pytest.mark.parametrize("dtype", ["|O", "|u1"])
@pytest.mark.parametrize("place", ["filters", "compressor"])
def test_no_pickle_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, dtype: str
) -> None:
    pickles = pytest.importorskip("numcodecs.pickles")
    monkeypatch.setattr(pickles, "ALLOW_PICKLE_DECODE", True, raising=False)
    monkeypatch.chdir(tmp_path)
    codec = {"id": "pickle", "protocol": 5}
    codecs = {"filters": [codec]} if place == "filters" else {"compressor": codec}
    path = format_2(tmp_path / "a.zarr", dtype=dtype, **codecs)
    (path / "0.0").write_bytes(pickle.dumps(Harm()))
    with pytest.raises(ImageError, match="codec 'pickle', which runs whatever it is told to"):
        as_image(path)
    other = format_3(tmp_path / "b.zarr", codecs=[{"name": "numcodecs.pickle"}])
    with pytest.raises(ImageError, match=r"codec 'numcodecs\.pickle'.* never used"):
        as_image(other)
    assert not Path("pickle_ran").exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"dtype": "|O"}, "values of type object"),
        ({"dtype": "<c8"}, "values of type complex64"),
        ({"dtype": [["a", "<i4"]]}, "save"),
        ({"chunks": [100000, 100000]}, r"chunks of \(100000, 100000\) for an array of \(32, 32\)"),
        ({"shape": [10**6, 10**6], "chunks": [10**6, 10**6]}, "one chunk of .* would take 931GB"),
        ({"shape": [7000, 7000], "chunks": [1, 1]}, "49000000 chunks of 1 values"),
        ({"chunks": [0, 32]}, "in chunks of"),
        ({"chunks": [32]}, "in chunks of"),
        ({"shape": "many"}, "broken Zarr|in chunks"),
        ({"compressor": {"id": "imagecodecs_jpegxl"}}, "imagecodecs, are not read"),
        ({"filters": [{"id": "astype", "decode_dtype": "|S99999999"}]}, "a filter for values"),
    ],
)
def test_what_is_refused_by_its_description(
    tmp_path: Path, fields: dict[str, Any], told: str
) -> None:
    path = format_2(tmp_path / "a.zarr", **fields)
    with pytest.raises(ImageError, match=told):
        as_image(path, max_pixels=None)


def test_format_3_is_vetted_inside_shards_too() -> None:
    shards = {
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": [8, 8], "codecs": ["bytes", {"name": "numcodecs.pickle"}],
            "index_codecs": ["bytes", "crc32c"],
        },
    }  # fmt: skip
    about = {
        "zarr_format": 3, "shape": [32, 32], "data_type": "uint8", "codecs": [shards],
        "chunk_grid": {"configuration": {"chunk_shape": [32, 32]}},
    }  # fmt: skip
    with pytest.raises(ImageError, match="never used"):
        vetted(about, "a")
    with pytest.raises(ImageError, match="values of type string"):
        vetted(about | {"data_type": "string", "codecs": ["bytes"]}, "a")


def test_a_chunk_that_unfolds_too_far(tmp_path: Path) -> None:
    path = format_2(tmp_path / "a.zarr", compressor={"id": "zlib", "level": 9})
    (path / "0.0").write_bytes(zlib.compress(bytes(30_000_000), 9))
    with pytest.raises(ImageError, match="a chunk unfolds to more than the 1024 bytes"):
        as_image(path)
    with (path / "0.0").open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(ImageError, match=r"0\.0 has 8589934592 bytes, more than it may have"):
        as_image(path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_do_not_lead_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "0.0").write_bytes(bytes(1024))
    path = format_2(tmp_path / "a.zarr")
    (path / "0.0").symlink_to(secret / "0.0")
    with pytest.raises(ImageError, match=r"0\.0 is a link"):
        as_image(path)
    (path / "0.0").unlink()
    os.mkfifo(path / "0.0")
    with pytest.raises(ImageError, match=r"0\.0 is a link or no file"):
        as_image(path)
    folder = format_2(tmp_path / "b.zarr", dimension_separator="/")
    (folder / "0").symlink_to(secret)
    with pytest.raises(ImageError, match="lies outside the folder"):
        as_image(folder)


def test_what_is_not_there_is_looked_for_in_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its complaint would come after ours, on standard error, when nobody waits for it any more."""

    def fall(*arguments: object) -> None:
        raise AssertionError("a thread")

    store = guarded(format_2(tmp_path / "a.zarr"), None)
    prototype = zarr.core.buffer.default_buffer_prototype()
    assert asyncio.run(store.get(".zarray", prototype)) is not None
    monkeypatch.setattr("asyncio.to_thread", fall)
    for key in ("zarr.json", ".zattrs", "0.0", "deep/0.0"):
        assert asyncio.run(store.get(key, prototype)) is None
