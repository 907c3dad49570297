from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segprior.errors import ImageError, SegpriorError
from segprior.io.formats.npy import load_npz, save_npz
from segprior.methods.multiclass.levels import Hierarchy
from segprior.methods.multiclass.levels_file import read_levels, write_levels
from segprior.prior.prior import fit_prior
from tests.helpers.levels import random_levels, random_merges

Change = Callable[[dict[str, Any], dict[str, Any]], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return random_levels().save(tmp_path / "levels.npz")


def refused(source: object, match: str) -> None:
    with pytest.raises(ImageError, match=match) as caught:
        read_levels(source, None)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_is_in_the_file(path: Path) -> None:
    with np.load(path, allow_pickle=False) as plain:
        arrays = {name: plain[name] for name in ("regions", "merges", "costs")}
    assert [array.dtype for array in arrays.values()] == [np.uint16, np.uint16, np.float64]
    levels = random_levels()
    np.testing.assert_array_equal(arrays["regions"], levels.regions)
    with zipfile.ZipFile(path) as archive:
        meta = json.loads(archive.read("meta.json"))
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert meta["format"] == "segprior hierarchy 1"
    assert meta["levels"] == [2.5, 4.0, 8.1]
    assert meta["config"]["coarseness"] == 0.3
    assert (meta["seed"], meta["edges"]) == (7, "image")
    assert "seconds" not in meta  # which would make the bytes of two runs differ


@pytest.mark.parametrize("count", [2**16, 2**16 + 1])
def test_many_regions_take_more_bytes(count: int, tmp_path: Path) -> None:
    merges = np.stack([np.zeros(count - 1), np.arange(1, count)], 1).astype(np.int32)
    fields = vars(random_levels()) | {
        "regions": np.arange(count, dtype=np.int32)[None],
        "merges": merges,
        "costs": np.arange(count - 1.0),
    }
    path = write_levels(tmp_path / "levels.npz", fields)
    stored = np.uint16 if count == 2**16 else np.int32
    assert load_npz(path)[0]["regions"].dtype == stored
    again = Hierarchy.load(path)
    np.testing.assert_array_equal(again.regions, fields["regions"])
    np.testing.assert_array_equal(again.merges, merges)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda arrays, meta: arrays.pop("costs"), "arrays merges, regions, not"),
        (lambda arrays, meta: arrays.update(more=np.zeros(3)), "costs, merges, more, regions"),
        (lambda arrays, meta: arrays.update(regions=np.zeros((9, 14))), "regions of shape"),
        (lambda arrays, meta: arrays.update(regions=np.zeros((9, 14, 3), int)), "regions of shape"),
        (lambda arrays, meta: arrays.update(regions=np.zeros((0, 14), int)), "for 0 pixels"),
        (lambda arrays, meta: arrays.update(regions=np.zeros((3, 6), int)), "for 18 pixels"),
        (lambda arrays, meta: arrays.update(regions=np.full((9, 14), 20)), "regions other than 0"),
        (lambda arrays, meta: arrays.update(regions=np.full((9, 14), -1)), "regions other than 0"),
        (lambda arrays, meta: arrays.update(merges=arrays["merges"][:-1]), "merges of shape"),
        (lambda arrays, meta: arrays.update(merges=arrays["merges"] * 1.0), "merges of shape"),
        (lambda arrays, meta: arrays.update(merges=arrays["merges"][::-1]), "after it was taken"),
        (lambda arrays, meta: arrays.update(merges=arrays["merges"] + 1), "other regions"),
        (lambda arrays, meta: arrays.update(costs=arrays["costs"][::-1]), "costs that fall"),
        (lambda arrays, meta: arrays.update(costs=arrays["costs"] * np.nan), "finite"),
        (lambda arrays, meta: arrays.update(costs=np.arange(19)), "costs of shape"),
        (lambda arrays, meta: meta.pop("levels"), "'levels' is missing"),
        (lambda arrays, meta: meta.update(levels=[1.0, 2.0]), "levels"),
        (lambda arrays, meta: meta.update(levels=[0, 2.0, 3.0]), "levels"),
        (lambda arrays, meta: meta.update(levels=[1, 2, 10**400]), "too large"),
        (lambda arrays, meta: meta.update(levels="abc"), "could not convert"),
        (lambda arrays, meta: meta.update(edges="both"), "edges"),
        (lambda arrays, meta: meta.update(seed=None), "seed"),
        (lambda arrays, meta: meta.update(seed=-1), "seed"),
        (lambda arrays, meta: meta.update(config=[1]), "damaged hierarchy"),
        (lambda arrays, meta: meta["config"].update(coarseness=3), "coarseness"),
        (lambda arrays, meta: meta["config"].update(prior=[]), "damaged hierarchy"),
        (lambda arrays, meta: meta["config"].update(invented=1), "no option 'invented'"),
        (lambda arrays, meta: meta["config"].update(method="backprop"), "method"),
        (lambda arrays, meta: meta.update(format="segprior hierarchy 2"), "use a later segprior"),
        (lambda arrays, meta: meta.update(format="segprior prior 1"), "not a saved hierarchy"),
        (lambda arrays, meta: meta.pop("format"), "segprior segment --hierarchy"),
    ],
)
def test_what_is_wrong_is_told(path: Path, tmp_path: Path, change: Change, match: str) -> None:
    arrays, meta = load_npz(path)
    change(arrays, meta)
    refused(save_npz(tmp_path / "other.npz", arrays, meta), match)


def test_other_files_are_no_hierarchies(tmp_path: Path, rgb: Any) -> None:
    prior = fit_prior(rgb, members=1, iterations=1).save(tmp_path / "prior.npz")
    refused(prior, "not a saved hierarchy; make one with segprior segment --hierarchy")
    np.savez(tmp_path / "other.npz", regions=np.zeros((3, 3)))
    refused(tmp_path / "other.npz", "not saved by segprior")
    refused(b"PNG", "not an .npz file")
    refused(tmp_path / "absent.npz", "no file")


def test_a_promise_of_many_pixels_takes_no_memory(path: Path) -> None:
    """A file of few bytes that says it holds a gigabyte, and one that really unpacks to it."""
    arrays, meta = load_npz(path)
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<i8", "fortran_order": False, "shape": (10**5, 10**4)}
    )
    for fill in (0, 10**7):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("regions.npy", head.getvalue() + bytes(fill))
            for name in ("merges", "costs"):
                part = io.BytesIO()
                np.save(part, arrays[name])
                archive.writestr(f"{name}.npy", part.getvalue())
            archive.writestr("meta.json", json.dumps(meta))
        refused(stream.getvalue(), f"{fill} bytes for regions.npy, which takes 8000000000")


def test_broken_bytes_are_refused_and_nothing_else_happens(tmp_path: Path) -> None:
    whole = random_levels((5, 6), 8).save(tmp_path / "levels.npz").read_bytes()
    for end in range(0, len(whole), 41):
        refused(whole[:end], "levels|bytes")
    survived = 0
    for place in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[place] ^= 0x55
        try:
            levels = Hierarchy.load(bytes(broken))
        except SegpriorError:
            continue
        survived += 1  # where it does not matter, such as a date
        assert levels.cut(n_segments=3).max() == 3
    assert survived < len(whole) / 7 / 4


def test_whatever_passes_can_be_used(path: Path, tmp_path: Path) -> None:
    """Numbers at random in place of the right ones are refused, or do no harm."""
    arrays, meta = load_npz(path)
    rng = np.random.default_rng(3)
    kept = 0
    for _ in range(150):
        merges, costs = random_merges(20, int(rng.integers(4)))
        merges.flat[rng.integers(merges.size)] = rng.integers(-2, 22)
        costs[rng.integers(19)] = rng.choice([0, 3, np.inf, -1, 1e300])
        file = save_npz(tmp_path / "x.npz", {**arrays, "merges": merges, "costs": costs}, meta)
        try:
            levels = Hierarchy.load(file)
        except ImageError:
            continue
        kept += 1
        assert levels.cut(n_segments=1).max() == 1
        assert np.isfinite(levels.ucm(double=True)).all()
        assert levels.tree().areas[-1] == levels.regions.size
        assert (((sure := levels.confidence(5)) >= 0) & (sure <= 1)).all()
    assert kept
