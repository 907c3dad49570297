"""The same array in every compression: the same numbers, whole and in windows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.tiff_bytes import CODECS, write_tiff
from tests.helpers.windows import compare

random = np.random.default_rng(0)
# (type, bands, photometric, extra samples)
KINDS: list[tuple[str, int, int, list[int]]] = [
    ("u1", 1, 1, []), ("u1", 2, 1, [0]), ("u1", 4, 2, [0]), ("u1", 5, 2, [0, 0]),
    ("u1", 4, 2, [1]), ("u1", 2, 1, [2]), ("u1", 1, 0, []), ("i1", 1, 1, []), ("i1", 1, 0, []),
    ("u2", 1, 0, []), ("u2", 3, 2, []), ("u2", 4, 5, []), ("u1", 5, 5, [2]), ("i2", 2, 1, [0]),
    ("u4", 1, 1, []), ("u4", 1, 0, []), ("u8", 1, 1, []), ("f2", 1, 1, []), ("f4", 3, 2, []),
    ("f4", 1, 0, []), ("f8", 2, 1, [0]),
]  # fmt: skip


def values_of(dtype: str, bands: int) -> NDArray[Any]:
    if dtype[0] == "f":
        return random.normal(size=(70, 90, bands)).round(2).astype(dtype)
    limits = np.iinfo(dtype)
    steps = random.integers(0, 200, (70, 90, bands)) / 199
    return (limits.min + steps * (float(limits.max) - limits.min) * 0.99).astype(dtype)


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize(("dtype", "bands", "photometric", "extras"), KINDS)
def test_every_compression_gives_the_same(
    tmp_path: Path, dtype: str, bands: int, photometric: int, extras: list[int], planar: bool
) -> None:
    array = values_of(dtype, bands)
    options: dict[str, Any] = {"photometric": photometric, "extras": extras, "planar": planar}
    plain = write_tiff(tmp_path / "plain.tif", array, **options)
    alphas: list[Any] = ["keep", "drop", "composite"] if any(extras) else ["drop"]
    want = {alpha: as_image(plain, alpha=alpha) for alpha in alphas}
    for number, code in enumerate(CODECS):
        path = write_tiff(
            tmp_path / f"{code}.tif", array, compression=code,
            rows_per_strip=(None, 13)[number % 2], **options,
        )  # fmt: skip
        for alpha in alphas:
            np.testing.assert_array_equal(as_image(path, alpha=alpha), want[alpha])
            compare(path, want[alpha], alpha=alpha)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "f4"])
@pytest.mark.parametrize("code", [5, 8, 32773, 50000])
def test_differences_are_added_up(tmp_path: Path, dtype: str, code: int) -> None:
    bits = values_of(f"u{dtype[1]}", 3)
    array = bits.view(dtype) if dtype[0] != "f" else values_of(dtype, 3)
    stored = array.view(bits.dtype)
    path = write_tiff(tmp_path / "a.tif", stored, compression=code, photometric=2, predictor=2)
    np.testing.assert_array_equal(
        as_image(path), as_image(write_tiff(tmp_path / "b.tif", stored, photometric=2))
    )


def test_differences_of_floats(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    array = values_of("f4", 2)
    path = tmp_path / "a.tif"
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(path, "w", driver="GTiff", height=70, width=90, count=2, dtype="float32",
                      compress="lzw", predictor=3) as file,
    ):  # fmt: skip
        file.write(np.moveaxis(array, 2, 0))
    np.testing.assert_array_equal(as_image(path), as_image(array))


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 10, 12, 14])
@pytest.mark.parametrize("code", [1, 5, 8])
def test_other_numbers_of_bits(tmp_path: Path, bits: int, code: int) -> None:
    array: NDArray[Any] = random.integers(0, 1 << bits, (50, 45))
    array = array.astype(np.uint16 if bits > 8 else np.uint8)
    wide = array[..., None] >> np.arange(bits - 1, -1, -1, dtype=array.dtype) & 1
    packed = np.packbits(wide.reshape(50, -1).astype(np.uint8), axis=1)
    strips = [CODECS[code](packed.tobytes(), packed.shape[1])]
    path = write_tiff(tmp_path / "a.tif", array, compression=code, strips=strips, bits=bits)
    np.testing.assert_array_equal(as_image(path)[..., 0], array / np.float32((1 << bits) - 1))
    compare(path, as_image(path))
    white = write_tiff(
        tmp_path / "b.tif", array, compression=code, strips=strips, bits=bits, photometric=0
    )
    np.testing.assert_array_equal(
        as_image(white)[..., 0], ((1 << bits) - 1 - array) / np.float32((1 << bits) - 1)
    )


def test_mirrored_bits(tmp_path: Path) -> None:
    array = values_of("u1", 1)[..., 0]
    mirrored = np.packbits(np.unpackbits(array, bitorder="little")).reshape(array.shape)
    path = write_tiff(tmp_path / "a.tif", mirrored, tags=[(266, 3, [2])])
    np.testing.assert_array_equal(as_image(path), as_image(array))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"compression": 34887, "strips": [b"Lerc2"]}, "LERC .compression 34887."),
        ({"compression": 50002, "strips": [b"\xff\x0a"]}, "JPEG XL .*imagecodecs"),
        ({"compression": 34934, "strips": [b"II\xbc"]}, "JPEG XR .*imagecodecs"),
        ({"compression": 65000, "strips": [b"?"]}, "compression 65000.*imagecodecs"),
        ({"photometric": 8}, "CIELAB colours; save it as RGB"),
        ({"predictor": 7}, "predictor 7; save it without"),
    ],
)
def test_what_cannot_be_decoded_is_named(
    tmp_path: Path, options: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from segprior.io.shared import tiff_segments

    monkeypatch.setattr(tiff_segments, "has_imagecodecs", lambda: False)
    path = write_tiff(tmp_path / "a.tif", values_of("u1", 3), **{"photometric": 2} | options)
    with pytest.raises(ImageError, match=told) as caught:
        as_image(path.read_bytes())
    assert "broken" not in str(caught.value)
    with pytest.raises(ImageError, match="damaged"):
        as_image(write_tiff(tmp_path / "b.tif", values_of("u1", 3), compression=5, strips=[b"aaa"]))
