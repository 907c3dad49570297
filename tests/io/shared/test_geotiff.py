from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from segprior.io.label_maps import read_labels
from segprior.io.shared.geotiff import georeference
from segprior.io.window_writer import save_bands
from segprior.result import Segmentation
from tests.helpers.windows import LABELS, RGB, geotiff, placed


def test_the_georeference_is_kept(tmp_path: Path) -> None:
    image = geotiff(tmp_path / "image.tif")
    save_bands(tmp_path / "bands.tif", [LABELS], (70, 90), mask=False, largest=3, image=image)
    found = Segmentation(
        labels=LABELS, confidence=np.ones(LABELS.shape, np.float32), score=1, config=None, seed=0,
        seconds=0, kind="labels",
    )  # fmt: skip
    found.save(tmp_path / "whole.tif", image=image)
    for name in ("bands.tif", "whole.tif"):
        assert placed(tmp_path / name) == placed(image)
        np.testing.assert_array_equal(read_labels(tmp_path / name), LABELS)


def test_no_georeference_is_made_up(tmp_path: Path) -> None:
    image = geotiff(tmp_path / "image.tif")
    assert georeference(image, (70, 90))
    assert georeference(image, (71, 90)) == []
    assert georeference(None, (70, 90)) == []
    assert georeference(tmp_path / "none.tif", (70, 90)) == []
    tifffile.imwrite(tmp_path / "plain.tif", RGB, photometric="rgb")
    assert georeference(tmp_path / "plain.tif", (70, 90)) == []
