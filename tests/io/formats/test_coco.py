from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from segprior.io.formats.coco import run_lengths
from tests.helpers.label_maps import MAPS, drawn, every_map, made
from tests.helpers.things import discs


# pycocotools 2.0 wraps its memory in a way that NumPy 2 warns of.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
class TestCOCO:
    @every_map
    def test_round_trip(self, labels: NDArray[Any], tmp_path: Path) -> None:
        coco = COCO(made(labels).save(tmp_path / "parts.json", format="coco"))
        back = np.zeros(labels.shape, np.int64)
        for annotation in coco.loadAnns(coco.getAnnIds()):
            inside = coco.annToMask(annotation) > 0
            back[inside] = annotation["category_id"]
            encoded = coco_mask.encode(np.asfortranarray(inside.astype(np.uint8)))
            assert annotation["segmentation"]["counts"].encode() == encoded["counts"]
            assert annotation["area"] == coco_mask.area(encoded)
            assert annotation["bbox"] == coco_mask.toBbox(encoded).tolist()
        np.testing.assert_array_equal(back, labels)
        assert coco.getCatIds() == sorted(set(np.unique(labels).tolist()) - {0})

    def test_things_are_annotations_of_one_category(self, tmp_path: Path) -> None:
        truth = discs()[1]
        coco = COCO(made(truth, "instances").save(tmp_path / "a.json", format="coco"))
        assert coco.cats == {1: {"id": 1, "name": "thing"}}
        assert coco.getAnnIds(catIds=[1]) == list(range(1, 8))
        for thing in coco.loadAnns(coco.getAnnIds()):
            np.testing.assert_array_equal(coco.annToMask(thing), truth == thing["id"])

    def test_long_runs(self, tmp_path: Path) -> None:
        labels = np.zeros((700, 900), np.uint8)
        labels[3:650, 1:2] = labels[5:6, 300:305] = labels[:, 700:] = 1
        coco = COCO(made(labels, "mask").save(tmp_path / "a.json", format="coco"))
        np.testing.assert_array_equal(coco.annToMask(coco.anns[1]), labels)
        assert coco.cats[1]["name"] == "foreground"

    def test_run_lengths(self) -> None:
        counts = {label: run.tolist() for label, run in run_lengths(drawn("120", "112"))}
        assert counts == {1: [0, 2, 1, 1, 2], 2: [2, 1, 2, 1]}

    def test_image_is_named(self, tmp_path: Path) -> None:
        found = made(MAPS["hole"])
        for image, name in ((None, "a.png"), (Path("photos/b.jpg"), "b.jpg")):
            coco = COCO(found.save(tmp_path / "a.json", format="coco", image=image))
            assert coco.imgs[1] == {"id": 1, "file_name": name, "height": 3, "width": 3}
