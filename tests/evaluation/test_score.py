from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.helpers.evaluation import foreground, regions, saved, scene


def test_grey_masks_are_cut_at_one_half_but_for_the_mean_error(
    folders: Path, tmp_path: Path
) -> None:
    grey = saved(tmp_path / "grey", *(204 * scene(number)[1] for number in range(4)))
    (row,) = foreground(folders, (), predictions=[grey], limit=1).rows
    assert row["iou"] == 1
    assert row["mae"] == pytest.approx(0.2 * scene(0)[1].mean())


def test_grey_in_the_truth_does_not_count(folders: Path, tmp_path: Path) -> None:
    mask = scene(0)[1]
    truth = 255 * mask
    truth[:, 12:] = 128
    Image.fromarray(truth).save(folders / "masks" / "s0.png")
    wrong_there = 255 * mask
    wrong_there[:, 12:] = 255
    made = saved(tmp_path / "made", wrong_there)
    (row,) = foreground(folders, (), predictions=[made], limit=1).rows
    assert (row["iou"], row["accuracy"]) == (1, 1)


def test_another_size_is_an_error_that_names_the_file(folders: Path, tmp_path: Path) -> None:
    made = saved(tmp_path / "made", np.zeros((5, 6), np.uint8))
    found = regions(folders, (), predictions=[made], limit=1)
    assert "s0.png: 5 x 6 pixels, but its truth has 24 x 32" in found.failures[0]["error"]
    assert found.rows[0]["miou"] is None
    assert "-" in found.to_text()


def test_an_unexpected_exception_is_a_failure_of_that_image(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segprior.evaluation.score.made_once", lambda kind, text, seed: 1 / 0)
    found = foreground(folders)
    assert len(found.failures) == 4
    assert found.failures[0]["error"] == "unexpected ZeroDivisionError: division by zero"


def test_what_is_kept_is_what_was_scored(folders: Path) -> None:
    options: dict[str, Any] = {
        "store": folders / "rows.jsonl",
        "save_predictions": folders / "kept",
    }
    path = folders / "kept" / "kmeans" / "s0.png"
    regions(folders, ["kmeans"], limit=1, **options)
    first = path.read_bytes()
    regions(folders, ["kmeans"], limit=1, rng=1, **options)
    assert path.read_bytes() != first
    regions(folders, ["kmeans"], limit=1, **options)
    assert path.read_bytes() == first


def test_kept_masks_are_black_and_white(folders: Path) -> None:
    foreground(folders, save_predictions=folders / "kept")
    with Image.open(folders / "kept" / "otsu" / "s0.png") as picture:
        assert np.unique(np.asarray(picture)).tolist() == [0, 255]


def test_void_does_not_count_for_regions(folders: Path, tmp_path: Path) -> None:
    mask = scene(0)[1]
    truth = np.where(mask, 15, 3).astype(np.uint8)
    truth[:, 12:16] = 255
    image = Image.fromarray(truth, "P")
    image.putpalette([1, 2, 3] * 256)
    shutil.rmtree(folders / "truth" / "s0")
    image.save(folders / "truth" / "s0.png")
    wrong_there = np.where(mask, 2, 1).astype(np.uint8)
    wrong_there[:, 12:16] = 9
    made = saved(tmp_path / "made", wrong_there)
    (row,) = regions(folders, (), predictions=[made], limit=1).rows
    assert (row["miou"], row["voi"]) == (1, 0)


def test_limits_hold_for_images_and_truth(folders: Path, tmp_path: Path) -> None:
    made = saved(tmp_path / "made", scene(0)[1])
    for options, told in (
        (
            {"max_pixels": 767},
            "24 x 32 pixels are 0.000768 megapixels, above the limit of 0.000767",
        ),
        ({"max_bytes": 1000}, "in memory, above the limit of 1000 bytes"),
    ):
        for methods, predictions in ((["otsu"], ()), ((), [made])):
            found = foreground(folders, methods, predictions=predictions, limit=1, **options)
            assert told in found.failures[0]["error"]
    assert not foreground(folders, ["otsu"], limit=1, max_pixels=768, max_bytes=None).failures


def test_a_dim_image_is_stretched_without_a_word(folders: Path) -> None:
    image = scene(0)[0]
    (bright,) = foreground(folders, ["otsu"], limit=1).rows
    (folders / "images" / "s0.png").unlink()
    grey = np.rint(image[..., :3].mean(axis=2)).astype(np.uint16)
    Image.fromarray(4 * grey).save(folders / "images" / "s0.png")
    (dim,) = foreground(folders, ["otsu"], limit=1).rows
    assert dim["iou"] == pytest.approx(bright["iou"], abs=0.1)
    assert dim["iou"] > 0.5
