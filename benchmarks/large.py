"""Seconds per megapixel and peak memory of large images in tiles.

    OMP_NUM_THREADS=2 python benchmarks/large.py 2000 6000 20000

Makes three-band pictures with that many pixels on each side, tile by tile, as compressed tiled
TIFF; runs ``segprior foreground`` on them (or what follows ``--``, such as
``-- segment --scale 0.5``) in a process of its own; and prints what that took. ``core s`` counts
all cores together, and depends less on what else the machine is doing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

FAST = ["foreground"]
TILE = 512
BLOB = 256  # pixels from one node of the random field to the next


def tiles(side: int) -> Iterator[NDArray[np.uint8]]:
    """Smooth blobs of two kinds of ground, each with its own texture."""
    rng = np.random.default_rng(0)
    nodes = rng.normal(size=(side // BLOB + 4, side // BLOB + 4))
    colours = np.array([[70, 95, 60], [175, 150, 120]], float)
    grain = np.array([12.0, 30.0])
    for top in range(0, side, TILE):
        for left in range(0, side, TILE):
            rows = (top + np.arange(TILE)) / BLOB
            columns = (left + np.arange(TILE)) / BLOB
            kind = (field(nodes, rows, columns) > 0.2).astype(int)
            noise = np.random.default_rng([top, left]).normal(size=(TILE, TILE, 1))
            values = colours[kind] + grain[kind][..., None] * noise
            yield np.clip(values, 0, 255).astype(np.uint8)


def field(
    nodes: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The nodes joined smoothly."""
    r, c = rows.astype(int), columns.astype(int)
    down, across = (3 * f**2 - 2 * f**3 for f in (rows - r, columns - c))
    wide = nodes[:, c] * (1 - across) + nodes[:, c + 1] * across
    tall: NDArray[np.float64] = wide[r] * (1 - down[:, None]) + wide[r + 1] * down[:, None]
    return tall


def make(path: Path, side: int) -> None:
    tifffile.imwrite(
        path, tiles(side), shape=(side, side, 3), dtype=np.uint8, tile=(TILE, TILE),
        photometric="rgb", compression="zlib", maxworkers=1,
    )  # fmt: skip


def run(words: list[str]) -> tuple[float, float, float]:
    """Seconds, seconds of all cores together, and peak memory in gigabytes, of one command."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "segprior", *words])
    _, status, usage = os.wait4(process.pid, 0)
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"segprior {' '.join(words)} ended with {code}")
    unit = 1 if sys.platform == "darwin" else 1024
    cores = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - start, cores, usage.ru_maxrss * unit / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sides", nargs="+", type=int)
    parser.add_argument("--folder", type=Path, help="where the pictures are kept [removed]")
    parser.add_argument("--suffix", default=".tif", help="of the result: .tif or .zarr")
    own = sys.argv[1:]
    cut = own.index("--") if "--" in own else len(own)
    arguments = parser.parse_args(own[:cut])
    command = own[cut + 1 :] or FAST
    print(f"segprior {' '.join(command)} --tiles")
    print(f"{'side':>7} {'seconds':>9} {'s/megapixel':>12} {'core s/MP':>10} {'peak GB':>8}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for side in arguments.sides:
            source, output = folder / f"{side}.tif", folder / f"{side}_labels{arguments.suffix}"
            if not source.exists():
                make(source, side)
            words = [command[0], str(source), "-o", str(output), "--tiles", "--quiet"]
            seconds, cores, memory = run([*words, *command[1:]])
            megapixels = side**2 / 1e6
            print(
                f"{side:7} {seconds:9.1f} {seconds / megapixels:12.3f} {cores / megapixels:10.3f} "
                f"{memory:8.2f}"
            )


if __name__ == "__main__":
    main()
