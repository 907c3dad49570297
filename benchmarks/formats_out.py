"""Time and size of a label map of 12 megapixels and 100 labels in every format.

python benchmarks/formats_out.py
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

from segprior.io.export import result_formats
from segprior.result import Segmentation

ROWS, COLUMNS, LABELS = 3000, 4000, 100


def label_map() -> np.ndarray:
    """Cells around random points, their borders made rough."""
    rng = np.random.default_rng(0)
    seeds = np.ones((ROWS, COLUMNS), bool)
    points = rng.integers(0, (ROWS, COLUMNS), (LABELS, 2))
    seeds[tuple(points.T)] = False
    nearest = ndimage.distance_transform_edt(seeds, return_distances=False, return_indices=True)
    shifts = [
        np.rint(200 * ndimage.gaussian_filter(rng.normal(size=seeds.shape), 4)) for _ in range(2)
    ]
    row, column = np.indices(seeds.shape)
    row = np.clip(row + shifts[0], 0, ROWS - 1).astype(int)
    column = np.clip(column + shifts[1], 0, COLUMNS - 1).astype(int)
    names = np.zeros(seeds.shape, np.int64)
    names[tuple(points.T)] = 1 + np.arange(LABELS)
    return names[nearest[0], nearest[1]][row, column]


def main() -> None:
    labels = label_map()
    found = Segmentation(
        labels=labels, confidence=np.ones(labels.shape, np.float32), score=1, config=None,
        seed=0, seconds=0, kind="labels",
    )  # fmt: skip
    image = np.random.default_rng(1).random((ROWS, COLUMNS, 3), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        for name, format in result_formats().items():
            path = Path(folder) / f"{name}{format.endings[0]}"
            start = time.perf_counter()
            found.save(path, format=name)
            seconds = time.perf_counter() - start
            print(f"{name:9} {seconds:6.2f} s {path.stat().st_size / 1e6:8.2f} MB")
        start = time.perf_counter()
        found.save_table(Path(folder) / "table.csv", image)
        print(f"table     {time.perf_counter() - start:6.2f} s")
    print(f"memory    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:6.2f} GB")


if __name__ == "__main__":
    main()
