"""Strips that are pictures of their own: JPEG, WebP, JPEG 2000, CCITT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from segprior.errors import ImageError
from segprior.io.image import as_image
from segprior.io.shared.tiff_codecs import undo
from tests.helpers.tiff_bytes import lzw, write_tiff
from tests.helpers.windows import compare
from tests.helpers.written import encoded

y, x = np.mgrid[:48, :64]
COLOURS = np.stack([x * 4, y * 5, 255 - x * 2], axis=-1).astype(np.uint8)
GREY = COLOURS[..., 0]
ALPHA = np.dstack([COLOURS, np.where(x > 30, 255, 100).astype(np.uint8)])


@pytest.mark.parametrize(
    ("code", "kind", "array", "options", "photometric"),
    [
        (7, "JPEG", GREY, {"quality": 100}, 1),
        (7, "JPEG", COLOURS, {"quality": 100, "subsampling": 0}, 6),
        (50001, "WEBP", COLOURS, {"lossless": True}, 2),
        (50001, "WEBP", ALPHA, {"lossless": True, "exact": True}, 2),
        (34712, "JPEG2000", GREY, {"no_jp2": True}, 1),
        (34712, "JPEG2000", GREY.astype(np.uint16) * 256, {"no_jp2": True}, 1),
        (34712, "JPEG2000", COLOURS, {"no_jp2": True}, 2),
    ],
)
def test_parts_that_are_pictures(
    tmp_path: Path, code: int, kind: str, array: Any, options: dict[str, Any], photometric: int
) -> None:
    if not features.check({"JPEG": "jpg", "WEBP": "webp", "JPEG2000": "jpg_2000"}[kind]):
        pytest.skip(f"Pillow has no {kind}")
    strips = [encoded(array[top : top + 16], kind, **options) for top in range(0, 48, 16)]
    path = write_tiff(
        tmp_path / "a.tif", array, compression=code, strips=strips, rows_per_strip=16,
        photometric=photometric, extras=[0] if array.ndim == 3 and array.shape[2] == 4 else [],
    )  # fmt: skip
    whole = as_image(path)
    np.testing.assert_allclose(whole, as_image(array), atol=0 if kind != "JPEG" else 0.02)
    compare(path, whole)


def test_a_part_larger_than_it_may_be_is_refused(tmp_path: Path) -> None:
    strips = [encoded(np.zeros((4000, 64), np.uint8), "JPEG")]
    path = write_tiff(tmp_path / "a.tif", GREY, compression=7, strips=strips)
    with pytest.raises(ImageError, match="a part of 4000 x 64 pixels for 48 x 64"):
        as_image(path)


def test_depths_that_pillow_would_change_are_refused(tmp_path: Path) -> None:
    strips = [encoded(GREY, "JPEG2000", no_jp2=True)]
    path = write_tiff(tmp_path / "a.tif", GREY.astype(np.uint16), compression=34712, strips=strips)
    with pytest.raises(ImageError, match=r"JPEG 2000 .* of 16 bits, .*pip install imagecodecs"):
        as_image(path.read_bytes())


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("kind", ["group3", "group4"])
def test_fax(tmp_path: Path, kind: str, photometric: int) -> None:
    mask = (x - 30) ** 2 + (y - 20) ** 2 < 300
    image = Image.fromarray(mask)
    path = tmp_path / "a.tif"
    image.save(path, compression=kind, tiffinfo={262: photometric})
    np.testing.assert_array_equal(as_image(path)[..., 0], np.asarray(Image.open(path)))


def test_short_bytes_are_damage() -> None:
    assert bytes(undo(5, lzw(b"abc"), 3)) == b"abc"
    with pytest.raises(ValueError, match="damaged, 3 of 9 bytes are there"):
        undo(5, lzw(b"abc"), 9)
    with pytest.raises(ValueError, match="damaged, "):
        undo(8, b"no zlib", 9)
