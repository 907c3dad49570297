"""The files that are mutated: small, our own, one or more for each reader.

``python -m tests.fuzz.corpus`` writes them anew into ``tests/fuzz/corpus``.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

__all__ = ["CORPUS", "main", "seeds"]

CORPUS = Path(__file__).parent / "corpus"


def seeds(reader: str) -> list[Path]:
    """Return the files of a reader, which are folders for Zarr, in the order of their names."""
    return sorted((CORPUS / reader).iterdir())


def scene(dtype: Any = np.uint8, channels: int = 3) -> NDArray[Any]:
    """A light rectangle on a ground that is not even, (12, 16, channels)."""
    values = np.full((12, 16, channels), 60.0) + np.arange(16)[:, None]
    values[3:9, 4:12] = 200
    high = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else 1
    return (values / 255 * high).astype(dtype)


def pillow(kind: str, mode: str, **options: Any) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(scene()).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


def moving(kind: str) -> bytes:
    """Two frames."""
    from PIL import Image

    stream = io.BytesIO()
    later = Image.fromarray(scene()[::-1].copy())
    Image.fromarray(scene()).save(stream, kind, save_all=True, append_images=[later])
    return stream.getvalue()


def tiff(values: NDArray[Any], count: int = 1, **options: Any) -> bytes:
    import tifffile

    stream = io.BytesIO()
    own = {"software": None, "metadata": None, **options}
    about = {name: own.pop(name) for name in ("bigtiff", "ome", "byteorder") if name in own}
    with tifffile.TiffWriter(stream, **about) as file:
        for _ in range(count):
            file.write(values, **own)
    return stream.getvalue()


def npy(values: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def mat(**values: Any) -> bytes:
    from scipy.io import savemat

    stream = io.BytesIO()
    savemat(stream, values, do_compression=True)
    data = stream.getvalue()
    return b"MATLAB 5.0 MAT-file".ljust(116) + data[116:]  # without the date


def prior() -> bytes:
    import segprior

    fitted = segprior.fit_prior(
        scene(), members=1, iterations=2, working_size=16, snapshots=(1,), features=(("up2", 1),)
    )  # fmt: skip
    return packed(fitted.save)


def hierarchy() -> bytes:
    import segprior

    return packed(segprior.segment_hierarchy(scene()).save)


def packed(save: Callable[[Path], object]) -> bytes:
    """The bytes of an ``.npz`` file, deflated."""
    path = CORPUS / "packed.npz"
    save(path)
    data = io.BytesIO()
    with zipfile.ZipFile(path) as stored, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in stored.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename), stored.read(entry))
    path.unlink()
    return data.getvalue()


def drawn() -> Any:
    cell = np.empty((1, 1), object)
    labels = (scene(channels=1)[..., 0] > 100).astype(np.uint16) + 1
    cell[0, 0] = {"Segmentation": labels, "Boundaries": labels > 1}
    return cell


def files() -> dict[str, dict[str, bytes]]:
    """All that are files, by reader and name."""
    row = {
        "input": "a.png", "output": "a.png", "files": ["a.png"], "sizes": [3], "hashes": ["ab"],
        "input_hash": "cd", "settings_hash": "ef", "seed": 0, "version": "0.1.0", "seconds": 0.5,
        "scores": {"foreground": 0.25}, "error": None, "warnings": ["small"],
    }  # fmt: skip
    kept = {"key": "a", "row": {"x": 1}, "hash": "0"}
    corners = [[1, 1], [9, 2.5], [5, 10]]
    kinds = {"polygon": 3, "rectangle": 2, "circle": 2, "linestrip": 3, "line": 2, "point": 1}
    shapes: dict[str, Any] = {
        "version": "5.5.0", "flags": {}, "imagePath": "a.png", "imageData": None,
        "imageHeight": 12, "imageWidth": 16, "shapes": [
            {"label": kind, "points": corners[:count], "group_id": None, "shape_type": kind}
            for kind, count in kinds.items()
        ],
    }  # fmt: skip
    marks = np.zeros((12, 16), np.uint8)
    marks[5, 7], marks[1, 1] = 1, 2
    return {
        "png": {
            "rgb": pillow("PNG", "RGB"), "grey": pillow("PNG", "L"), "bits": pillow("PNG", "1"),
            "palette": pillow("PNG", "P"), "alpha": pillow("PNG", "RGBA"),
            "deep": pillow("PNG", "I;16"), "text": pillow("PNG", "LA", dpi=(72, 72)),
        },
        "jpeg": {
            "rgb": pillow("JPEG", "RGB", quality=50), "grey": pillow("JPEG", "L"),
            "inks": pillow("JPEG", "CMYK"), "steps": pillow("JPEG", "RGB", progressive=True),
        },
        "webp": {
            "lossy": pillow("WEBP", "RGB"), "exact": pillow("WEBP", "RGBA", lossless=True),
            "two": moving("WEBP"),
        },
        "bmp": {"rgb": pillow("BMP", "RGB"), "palette": pillow("BMP", "P"),
                "bits": pillow("BMP", "1")},
        "gif": {"one": pillow("GIF", "P"), "two": moving("GIF")},
        "tiff": {
            "plain": tiff(scene()), "deflate": tiff(scene(), compression="zlib", predictor=True),
            "planar": tiff(scene().transpose(2, 0, 1), planarconfig="separate",
                           photometric="rgb"),
            "tiles": tiff(scene(np.uint16), tile=(16, 16)), "pages": tiff(scene(channels=1), 3),
            "big": tiff(scene(np.float32), bigtiff=True), "bytes": tiff(scene(np.uint16),
                                                                        byteorder=">"),
            "white": tiff(scene(channels=1)[..., 0], photometric="miniswhite"),
            "lzw": pillow("TIFF", "RGB", compression="tiff_lzw"),
            "packed": pillow("TIFF", "L", compression="packbits"),
            "fax": pillow("TIFF", "1", compression="group4"),
            "jpeg": pillow("TIFF", "RGB", compression="jpeg"),
            "palette": pillow("TIFF", "P"),
            "ome": tiff(scene().transpose(2, 0, 1), ome=True, metadata={
                "axes": "CYX", "UUID": f"urn:uuid:{UUID(int=0)}"}),
        },
        "npy": {
            "bytes": npy(scene()), "fortran": npy(np.asfortranarray(scene(np.float64))),
            "deep": npy(scene(np.uint16).astype(">u2")), "bools": npy(scene()[..., 0] > 90),
        },
        "prior": {"prior": prior()},
        "hierarchy": {"levels": hierarchy()},
        "mat": {
            "truth": mat(groundTruth=drawn()),
            "segs": mat(segs=drawn()[0, 0]["Segmentation"]),
            "ucm": mat(ucm2=np.zeros((25, 33))),
        },
        "scribbles": {
            "points": b"# row,column,label\n5,7,1\n1,1,2\n",
            "bom": b"\xef\xbb\xbf5,7,1\r\n1,1,2\r\n",
            "napari": b"index,axis-0,axis-1,label\n0.0,5.4,7.1,cell\n1.0,1.0,1.0,bg\n",
            "many": b"image,row,column,label\na.png,5,7,1\nsub/b.png,1,1,0\n",
        },
        "labelme": {"shapes": json.dumps(shapes).encode()},
        "list": {"paths": b"a.png\nsub/b.jpg\n\n/c.tif\n", "bom": b"\xef\xbb\xbfa.png\r\n"},
        "manifest": {"rows": "".join(
            json.dumps(row | {"input": name, "output": name}) + "\n" for name in ("a.png", "b.png")
        ).encode()},
        "store": {"rows": (json.dumps(kept) + "\n").encode()},
    }  # fmt: skip


def zarr_arrays() -> None:
    """Those that are folders."""
    import zarr

    folder = CORPUS / "zarr"
    versions: tuple[tuple[Literal[2, 3], str], ...] = ((2, "two"), (3, "three"))
    for version, name in versions:
        array = zarr.create_array(
            store=str(folder / name), shape=(12, 16, 3), chunks=(8, 16, 3), dtype="u1",
            zarr_format=version,
        )  # fmt: skip
        array[:] = scene()
    array = zarr.create_array(
        store=str(folder / "shards"), shape=(12, 16), chunks=(4, 8), shards=(12, 16), dtype="u1",
        zarr_format=3,
    )  # fmt: skip
    array[:] = scene(channels=1)[..., 0]
    group = zarr.create_group(store=str(folder / "group"), zarr_format=2)
    array = group.create_array("0", shape=(3, 12, 16), chunks=(3, 12, 16), dtype="u2")
    array[:] = scene(np.uint16).transpose(2, 0, 1)
    group.attrs["multiscales"] = [{"axes": ["c", "y", "x"], "datasets": [{"path": "0"}]}]


def main() -> None:
    """Write all files."""
    shutil.rmtree(CORPUS, ignore_errors=True)
    CORPUS.mkdir()
    for reader, found in files().items():
        (CORPUS / reader).mkdir()
        for name, data in found.items():
            (CORPUS / reader / name).write_bytes(data)
    zarr_arrays()


if __name__ == "__main__":
    main()
