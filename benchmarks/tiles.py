"""How far labels in tiles agree with those in one piece, on photographs at the same scale.

    python benchmarks/tiles.py examples/images/coffee.jpg examples/images/chelsea.jpg

Prints the share of equal labels among the pixels that are more than 8 pixels from a border between
labels, and among all.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from segprior import TileConfig, foreground, foreground_tiles, segment, segment_tiles
from segprior.image.colour import to_uint8
from segprior.io.image import as_image
from segprior.io.label_maps import read_labels

SETTINGS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "foreground, default": (foreground, foreground_tiles, {}),
    "foreground": (foreground, foreground_tiles, {"preset": "dsp"}),
    "foreground, on the image": (
        foreground,
        foreground_tiles,
        {"preset": "dsp", "features": "image"},
    ),
    "segment, 16 channels": (
        segment,
        segment_tiles,
        {"preset": "backprop", "channels": 16, "superpixels": "image"},
    ),
}


def agreement(one: NDArray[Any], other: NDArray[Any]) -> tuple[float, float]:
    border = ndimage.maximum_filter(one, 3) != ndimage.minimum_filter(one, 3)
    far = ndimage.distance_transform_edt(~border) > 8
    return float((one == other)[far].mean()), float((one == other).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="+", type=Path)
    parser.add_argument("--tile-size", type=int, default=256)
    arguments = parser.parse_args()
    tiles = TileConfig(scale=1.0, tile_size=arguments.tile_size)
    print(f"{'':16} {'':26} {'tiles':>6} {'far':>8} {'all':>8}")
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "image.tif"), Path(folder, "labels.tif")
        for path in arguments.images:
            image = to_uint8(as_image(path))
            tifffile.imwrite(source, image, tile=(256, 256))
            for name, (whole, tiled, fields) in SETTINGS.items():
                one = whole(image, working_size=None, **fields)
                # The prior's working size is that of the reduced image here, so leave it alone.
                own = fields if whole is foreground else fields | {"working_size": None}
                result = tiled(source, output, tiles=tiles, **own)
                far, every = agreement(one.labels, read_labels(output))
                print(f"{path.name:16} {name:26} {result.count:6} {far:8.4f} {every:8.4f}")


if __name__ == "__main__":
    main()
