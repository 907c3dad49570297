from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segprior
from segprior.errors import ImageError, OutputError
from segprior.io.formats.npy import load_npz, save_npz
from tests.helpers.clicks import discs


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return segprior.Predictor(discs()).save(tmp_path_factory.mktemp("saved") / "p.npz")


def test_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    again = segprior.Predictor(discs()).save(tmp_path / "q.npz")
    assert again.read_bytes() == saved.read_bytes()
    loaded = segprior.Predictor.load(saved)
    assert loaded.save(tmp_path / "r.npz").read_bytes() == saved.read_bytes()


def test_another_suffix(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        segprior.Predictor.load(saved).save(tmp_path / "p.png")


def test_too_many_pixels(saved: Path) -> None:
    with pytest.raises(ImageError, match="limit"):
        segprior.Predictor.load(saved, max_pixels=100)


def _change(name: str, change: Any) -> Any:
    def changed(arrays: dict[str, Any], meta: dict[str, Any]) -> None:
        arrays[name] = change(arrays[name])

    return changed


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda arrays, meta: arrays.pop("tints"), "arrays"),
        (_change("image", lambda a: a[..., 0]), "image of shape"),
        (_change("image", lambda a: a[:0]), "an image of shape"),
        (_change("image", lambda a: a.astype(np.float64)), "image of shape"),
        (_change("regions", lambda a: a[1:]), "regions of shape"),
        (_change("regions", lambda a: a - 1), "regions below 0"),
        (_change("regions", lambda a: a * 0), "a region without pixels"),
        (
            _change("regions", lambda a: a + np.eye(*a.shape, dtype=a.dtype) * 9999),
            "a region without pixels|regions above",
        ),
        (_change("textons", lambda a: a.astype(np.int32) + 9999), "words above 255"),
        (_change("merges", lambda a: a[::-1]), "damaged"),
        (_change("first", lambda a: a + 9999), "pairs of other regions"),
        (_change("lengths", lambda a: a[1:]), "pairs of regions"),
        (_change("costs", lambda a: a * np.nan), "not finite"),
        (_change("costs", lambda a: a.astype(np.int64)), "costs of shape"),
        (lambda arrays, meta: meta.pop("seed"), "'seed' is missing"),
        (lambda arrays, meta: meta.update(config={"working_size": 1}), "working_size"),
        (lambda arrays, meta: meta.update(config=3), "damaged"),
        (lambda arrays, meta: meta.update(format="segprior prior 1"), "not a saved predictor"),
    ],
)
def test_damaged_files_are_told(saved: Path, tmp_path: Path, damage: Any, match: str) -> None:
    arrays, meta = load_npz(saved)
    damage(arrays, meta)
    path = save_npz(tmp_path / "bad.npz", arrays, meta)
    with pytest.raises(ImageError, match=match) as caught:
        segprior.Predictor.load(path)
    assert "\n" not in str(caught.value)
