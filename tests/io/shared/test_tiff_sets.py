"""Sets of OME-TIFFs: read right, within their folder, and what is absent is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from segprior.errors import ImageError
from segprior.io.image import as_image
from segprior.io.shared.tiff_sets import beside
from tests.helpers.windows import RGB, compare

PLANES = [RGB[..., i] for i in range(3)]


def describe(names: list[str], own: int) -> str:
    ids = [f"urn:uuid:{i:08d}-0000-0000-0000-000000000000" for i in range(1, len(names) + 1)]
    channels = "".join(f'<Channel ID="Channel:0:{i}"/>' for i in range(len(names)))
    data = "".join(
        f'<TiffData FirstC="{i}" IFD="0" PlaneCount="1"><UUID FileName="{name}">{one}</UUID>'
        "</TiffData>"
        for i, (name, one) in enumerate(zip(names, ids, strict=True))
    )
    return (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        f'UUID="{ids[own]}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" '
        f'Type="uint8" SizeX="90" SizeY="70" SizeC="{len(names)}" SizeZ="1" SizeT="1">'
        f"{channels}{data}</Pixels></Image></OME>"
    )


def write_set(folder: Path, names: list[str], written: list[int]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    options = [{}, {"compression": "zlib", "rowsperstrip": 9}, {"byteorder": ">"}]
    for i in written:
        tifffile.imwrite(
            folder / names[i], PLANES[i], description=describe(names, i), metadata=None,
            **options[i],  # type: ignore[arg-type]
        )  # fmt: skip
    return [folder / name for name in names]


NAMES = ["c0.ome.tif", "c1.ome.tif", "c2.ome.tif"]


@pytest.mark.parametrize("named", [0, 1, 2])
def test_a_set_from_any_of_its_files(tmp_path: Path, named: int) -> None:
    path = write_set(tmp_path, NAMES, [0, 1, 2])[named]
    np.testing.assert_array_equal(as_image(path), as_image(RGB))
    compare(path, as_image(RGB))


def test_what_is_absent_is_said(tmp_path: Path) -> None:
    paths = write_set(tmp_path, NAMES, [1, 2])
    with pytest.warns(UserWarning, match=r"lacks 'c0.ome.tif'; only 2 of 3 bands are read"):
        np.testing.assert_array_equal(as_image(paths[2]), as_image(RGB[..., 1:]))
    with pytest.warns(UserWarning, match="only 1 of 3 bands"):
        assert as_image(paths[1].read_bytes()).shape == (70, 90, 1)


@pytest.mark.parametrize("name", ["../x.tif", "/etc/passwd", "a/b.tif", "..", "C:\\x.tif"])
def test_no_file_elsewhere_is_opened(tmp_path: Path, name: str) -> None:
    write_set(tmp_path / "in", NAMES, [0, 1, 2])
    tifffile.imwrite(tmp_path / "x.tif", PLANES[1])
    path = tmp_path / "in" / NAMES[0]
    tifffile.imwrite(path, PLANES[0], description=describe([NAMES[0], name], 0), metadata=None)
    with pytest.raises(ImageError, match="outside its folder"):
        as_image(path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_do_not_lead_out(tmp_path: Path) -> None:
    names = NAMES[:2]
    path = write_set(tmp_path / "in", names, [0])[0]
    tifffile.imwrite(tmp_path / "secret.tif", PLANES[1])
    (tmp_path / "in" / names[1]).symlink_to(tmp_path / "secret.tif")
    with pytest.raises(ImageError, match="outside its folder"):
        as_image(path)
    (tmp_path / "in" / "other.tif").write_bytes((tmp_path / "secret.tif").read_bytes())
    assert beside(tmp_path / "in", "other.tif") == tmp_path / "in" / "other.tif"


@pytest.mark.parametrize("options", [{}, {"bigtiff": True}, {"byteorder": ">"}])
def test_pages_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path, **options) as writer:
        for plane in PLANES:
            writer.write(plane, metadata=None, contiguous=False)
    monkeypatch.setattr("segprior.io.shared.tiff_sets._MOST_PAGES", 3)
    assert np.array_equal(as_image(path, page=2)[..., 0], PLANES[2] / np.float32(255))
    monkeypatch.setattr("segprior.io.shared.tiff_sets._MOST_PAGES", 2)
    with pytest.raises(ImageError, match="more than 2 pages; save it as several files"):
        as_image(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('SizeC="1000" SizeZ = "1000" SizeT=\'2\'', "2000000 planes are more than 1000000"),
        ('SizeT="99999999999999999999"', "999999999999 planes are more than"),
        ('SizeC="1"' + " " * (1 << 23), "a description of 8389"),
    ],
)
def test_descriptions_that_take_too_long(tmp_path: Path, text: str, told: str) -> None:
    whole = describe(["a.ome.tif"], 0).replace('SizeC="1" SizeZ="1" SizeT="1"', text)
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, PLANES[0], description=whole, metadata=None)
    with pytest.raises(ImageError, match=told):
        as_image(path)
