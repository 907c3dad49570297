"""The result of a segmentation."""

from __future__ import annotations

import copy
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ConfigError, ImageError, OutputError
from segprior.image.palette import palette
from segprior.io.label_maps import read_labels
from segprior.methods.foreground.config import ForegroundConfig
from segprior.result import Segmentation


def made(labels: NDArray[Any], **fields: Any) -> Segmentation:
    known: dict[str, Any] = {
        "confidence": np.full(labels.shape, 0.5, np.float32), "score": 0.75, "seed": 3,
        "config": ForegroundConfig.preset("fast", members=5), "seconds": 1.25,
        "evidence": {"polarity": np.float32(0.5)},
    }  # fmt: skip
    return Segmentation(labels=labels, **(known | fields))


@pytest.fixture
def mask() -> Segmentation:
    labels = np.zeros((24, 32), np.uint8)
    labels[6:18, 8:24] = 1
    return made(labels)


@pytest.fixture
def parts() -> Segmentation:
    return made(1 + np.arange(24 * 32).reshape(24, 32) // 96, kind="labels")


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


class TestFields:
    def test_normalised(self) -> None:
        found = made(np.eye(9, dtype=bool), confidence=np.ones((9, 9)))
        assert found.labels.dtype == np.uint8
        assert found.confidence.dtype == np.float32
        assert made(np.eye(9, dtype=np.int64)).labels.dtype == np.uint8
        wide = made(np.eye(9, dtype=np.int64), kind="labels")
        assert wide.labels.dtype == np.int64

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"labels": np.full((9, 9), 2)}, "label 2 in a mask; pass kind='labels'"),
            ({"labels": np.full((9, 9), -1), "kind": "labels"}, "label -1"),
            ({"labels": np.zeros((9, 9))}, "type float64"),
            ({"labels": np.zeros((9, 9, 1), int)}, "shape"),
            ({"labels": np.eye(9, dtype=int), "confidence": np.zeros((9, 8))}, "confidence has"),
        ],
    )
    def test_refused(self, fields: dict[str, Any], reason: str) -> None:
        with pytest.raises(ImageError, match=reason):
            made(**fields)

    def test_kind(self) -> None:
        with pytest.raises(ConfigError, match="kind='picture'"):
            made(np.eye(9, dtype=int), kind="picture")

    def test_repr_is_one_short_line(self, mask: Segmentation, parts: Segmentation) -> None:
        assert repr(mask) == (
            "Segmentation(mask of 24 x 32 pixels, 25.0% foreground, score 0.75, seed 3, 1.2 s)"
        )
        assert "labels of 24 x 32 pixels, 8 labels" in repr(parts)

    def test_to_dict_is_json(self, mask: Segmentation, parts: Segmentation) -> None:
        told = json.loads(json.dumps(mask.to_dict()))
        assert told["foreground"] == 0.25
        assert (told["rows"], told["columns"], told["kind"]) == (24, 32, "mask")
        assert (told["score"], told["seed"], told["seconds"]) == (0.75, 3, 1.25)
        assert told["evidence"] == {"polarity": 0.5}
        assert told["config"]["prior"]["members"] == 5
        assert json.loads(json.dumps(parts.to_dict()))["labels"] == 8
        assert made(np.eye(9, dtype=int), config=None).to_dict()["config"] is None

    def test_copied_and_pickled(self, mask: Segmentation) -> None:
        for twin in (copy.deepcopy(mask), pickle.loads(pickle.dumps(mask))):
            np.testing.assert_array_equal(twin.labels, mask.labels)
            assert twin.to_dict() == mask.to_dict()


class TestSave:
    def test_mask(self, mask: Segmentation, tmp_path: Path) -> None:
        for suffix in (".png", ".tif", ".npy"):
            path = mask.save(tmp_path / f"mask{suffix}")
            np.testing.assert_array_equal(read_labels(path), mask.labels)
        with Image.open(tmp_path / "mask.png") as picture:
            assert picture.mode == "L"
            np.testing.assert_array_equal(np.asarray(picture), mask.labels * 255)
        np.testing.assert_array_equal(np.load(tmp_path / "mask.npy"), mask.labels)

    def test_label_map(self, parts: Segmentation, tmp_path: Path) -> None:
        for suffix in (".png", ".tif", ".npy"):
            path = parts.save(str(tmp_path / f"parts{suffix}"))
            np.testing.assert_array_equal(read_labels(path), parts.labels)
        with Image.open(tmp_path / "parts.png") as picture:
            assert picture.mode == "P"

    def test_label_map_of_ones_is_no_mask(self, tmp_path: Path) -> None:
        ones = made(np.ones((9, 9), int), kind="labels")
        with Image.open(ones.save(tmp_path / "a.png")) as picture:
            assert picture.mode == "P"

    def test_unknown_suffix(self, mask: Segmentation, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"use \.png, \.tif, \.tiff, \.npy"):
            mask.save(tmp_path / "mask.jpeg")
        with pytest.raises(OutputError, match="make it first"):
            mask.save(tmp_path / "absent" / "mask.png")
        assert list(tmp_path.iterdir()) == []

    def test_shown_in_a_notebook(self, mask: Segmentation, parts: Segmentation) -> None:
        assert mask._repr_png_() == mask.to_png()
        np.testing.assert_array_equal(read_labels(parts._repr_png_()), parts.labels)
        many = made(np.arange(600).reshape(20, 30), kind="labels")
        shown = np.asarray(Image.open(io.BytesIO(many._repr_png_())))
        np.testing.assert_array_equal(shown[0, 5], palette()[5])
        assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 256


class TestPictures:
    def test_overlay_of_everything_that_holds_the_image(
        self, mask: Segmentation, image: NDArray[np.uint8], tmp_path: Path
    ) -> None:
        path = tmp_path / "image.png"
        Image.fromarray(image).save(path)
        want = mask.overlay(image)
        assert want.shape == (24, 32, 3)
        assert want.dtype == np.uint8
        for source in (path, path.read_bytes(), image / 255, torch.from_numpy(image)):
            np.testing.assert_array_equal(mask.overlay(source), want)
        first = np.moveaxis(image, 2, 0)
        np.testing.assert_array_equal(mask.overlay(first, channel_axis=0), want)

    @pytest.mark.parametrize("channels", [1, 2, 5])
    def test_overlay_of_any_number_of_channels(
        self, channels: int, mask: Segmentation, parts: Segmentation
    ) -> None:
        image = np.random.default_rng(0).random((24, 32, channels), np.float32)
        for found in (mask, parts):
            drawn = found.overlay(image, boundaries=False)
            assert drawn.shape == (24, 32, 3)
        inside = mask.overlay(image)[10:14, 12:20, 0]
        np.testing.assert_array_equal(inside, np.rint(image[10:14, 12:20, 0] * 255))

    def test_overlay_options(
        self, mask: Segmentation, parts: Segmentation, image: NDArray[np.uint8]
    ) -> None:
        for found in (mask, parts):
            plain = found.overlay(image, alpha=0, boundaries=False)
            np.testing.assert_array_equal(plain, image)
            assert np.any(found.overlay(image, alpha=0) != image)
            with pytest.raises(ConfigError, match=r"alpha=1\.5"):
                found.overlay(image, alpha=1.5)
        tinted = parts.overlay(image, alpha=1, boundaries=False)
        np.testing.assert_array_equal(tinted, palette()[parts.labels])

    def test_cutout(self, mask: Segmentation, image: NDArray[np.uint8]) -> None:
        cut = mask.cutout(image)
        assert cut.shape == (24, 32, 4)
        assert cut.dtype == np.uint8
        inside = mask.labels > 0
        np.testing.assert_array_equal(cut[inside][:, :3], image[inside])
        assert np.all(cut[inside][:, 3] == 255)
        assert np.all(cut[~inside] == 0)

    def test_another_image_is_refused(self, mask: Segmentation) -> None:
        for draw in (mask.overlay, mask.cutout):
            with pytest.raises(ImageError, match="32 x 24 pixels, the labels have 24 x 32"):
                draw(np.zeros((32, 24, 3)))

    def test_confidence_picture(self) -> None:
        confidence = np.linspace(0, 1, 81).reshape(9, 9)
        picture = made(np.eye(9, dtype=int), confidence=confidence).confidence_picture()
        assert picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, np.rint(confidence.astype(np.float32) * 255))


def test_things_of_a_stack_are_counted_plane_by_plane() -> None:
    labels = np.zeros((2, 9, 9), np.uint8)
    labels[0, 2, 2], labels[0, 5, 5], labels[1, 4, 4] = 1, 2, 1
    found = made(labels, kind="instances", axes="Z")
    assert found.n_instances == 3
    assert found.plane(1).n_instances == 1
    assert "3 things" in repr(found)
