"""All parameters of all public functions, given what they are not for: one of three errors."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segprior
from segprior import metrics

ALLOWED = (segprior.SegpriorError, TypeError, ValueError)
KINDS = inspect.Parameter

WRONG: dict[str, Any] = {
    "None": None,
    "a bool": True,
    "below zero": -1,
    "huge": 10**30,
    "a fraction": 2.5,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "no text": "",
    "a text": "x",
    "a zero byte": "\0",
    "a lone surrogate": "\ud800",
    "bytes": b"x",
    "an empty list": [],
    "a list of nothing": [None],
    "nested lists": [[1, 2], [3]],
    "a tuple": (1, 2, 3),
    "an empty mapping": {},
    "a mapping": {"a": 1},
    "a mapping of numbers": {1: 2},
    "a set": {1},
    "an object": object(),
    "a class": int,
    "a function": lambda: None,
    "an iterator": iter(()),
    "an array of text": np.array(["x"]),
    "an array of objects": np.array([None], dtype=object),
    "an empty array": np.zeros((0, 3)),
    "a number as an array": np.array(1.0),
    "four axes": np.zeros((1, 2, 3, 4)),
    "complex": np.zeros((16, 16), complex),
    "a complex number": 1j,
    "a date": date(2024, 1, 1),
    "a path": Path("nowhere/at/all"),
    "an exception": ValueError("x"),
}


def scene() -> np.ndarray[Any, Any]:
    image = np.full((16, 20, 3), 0.2, np.float32)
    image[4:12, 5:15] = 0.8
    return image


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Arguments with which each function works, and quickly."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("right")
    for name, values in (("images", scene() * 255), ("truth", scene()[..., 0] > 0.5)):
        (folder / name).mkdir()
        Image.fromarray(values.astype(np.uint8)).save(folder / name / "a.png")
    Image.fromarray((scene() * 255).astype(np.uint8)).save(folder / "large.tif")
    image = {"image": scene()}
    short = {"members": 1, "iterations": 2}
    layers = {"first_iterations": 2, "second_iterations": 2, "working_size": 32}
    scored: dict[str, Any] = {"images": folder / "images", "methods": ["otsu"]}
    tiled = {"source": folder / "large.tif", "output": folder / "mask.tif"}
    labels = (scene()[..., 0] > 0.5).astype(int)
    pair = {"truth": labels, "prediction": labels}
    return {
        "analyze": {**image, **short},
        "as_image": {"source": scene()},
        "double_dip": {**image, **layers},
        "evaluate_foreground": {**scored, "masks": folder / "truth"},
        "evaluate_hierarchies": {**scored, "methods": ["hierarchy"], "truth": folder / "truth"},
        "evaluate_instances": {**scored, "truth": folder / "truth"},
        "evaluate_regions": {**scored, "methods": ["slic"], "truth": folder / "truth"},
        "fit_prior": {**image, **short},
        "foreground": image,
        "foreground_tiles": tiled,
        "segment": image,
        "segment_hierarchy": image,
        "segment_tiles": tiled,
        "accuracy": pair, "average_precision": pair, "count_error": pair, "match_counts": pair,
        "best_ious": pair, "covering": pair, "f_beta": pair, "iou": pair,
        "mean_absolute_error": pair, "match_boundaries": pair, "rand_index": pair,
        "variation_of_information": pair,
        "boundary_counts": {"truths": [labels], "prediction": labels},
        "components": {"labels": labels},
        "contingency": {"first": labels, "second": labels},
        "contour_tree": {"contours": np.zeros((33, 41)), "shape": (16, 20)},
        "cut_tables": {"merges": [[0, 1]], "costs": [1.0], "thresholds": [0.5]},
        "cut_hierarchy": {"ucm2": np.zeros((33, 41)), "threshold": 0.5},
        "label_boundaries": {"labels": labels},
        "thin": {"boundaries": labels > 0},
    }  # fmt: skip


FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(module, name)
    for module in (segprior, metrics)
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
}
PARAMETERS = [
    pytest.param(name, parameter.name, id=f"{name}-{parameter.name}")
    for name, function in FUNCTIONS.items()
    for parameter in inspect.signature(function).parameters.values()
    if parameter.kind is not KINDS.VAR_KEYWORD
]
CLASSES: dict[str, tuple[type, dict[str, Any]]] = {
    **{name: (getattr(segprior, name), {}) for name in segprior.__all__ if "Config" in name},
    "Segmentation": (
        segprior.Segmentation,
        {
            "labels": np.ones((9, 9), int),
            "confidence": np.ones((9, 9), np.float32),
            "score": 1.0,
            "config": segprior.ForegroundConfig(),
            "seed": 0,
            "seconds": 0.0,
        },
    ),
    "EarlyStopping": (segprior.EarlyStopping, {}),
    "TensorBoard": (segprior.TensorBoard, {"folder": "nowhere"}),
    "BoundaryScores": (metrics.BoundaryScores, {}),
    "RegionScores": (metrics.RegionScores, {}),
    "SettingScores": (metrics.SettingScores, {"settings": (0.5,)}),
}
del CLASSES["ConfigError"]


def fields(kind: type) -> list[str]:
    """What the maker of a class takes; of those of several methods what each of these has."""
    found = [
        parameter.name
        for parameter in inspect.signature(kind).parameters.values()
        if parameter.kind not in (KINDS.VAR_KEYWORD, KINDS.VAR_POSITIONAL)
    ]
    return found or [*kind().to_dict()]


def check(function: Callable[..., Any], arguments: dict[str, Any], what: str) -> str | None:
    try:
        function(**arguments)
    except ALLOWED as error:
        return f"{what}: an empty message" if not str(error) else None
    except Exception as error:
        return f"{what}: {type(error).__name__}: {error}"
    return None


def faults(function: Callable[..., Any], right: dict[str, Any], name: str) -> Iterator[str]:
    for what, value in WRONG.items():
        if fault := check(function, {**right, name: value}, f"{name} is {what}"):
            yield fault


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_functions(name: str, parameter: str, right: dict[str, dict[str, Any]]) -> None:
    assert list(faults(FUNCTIONS[name], right[name], parameter)) == []


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name: str) -> None:
    kind, given = CLASSES[name]
    assert [fault for field in fields(kind) for fault in faults(kind, given, field)] == []


def segmentation() -> segprior.Segmentation:
    return segprior.foreground(scene())


METHODS: list[tuple[str, Callable[[], Any], str, dict[str, Any]]] = [
    ("Segmentation", segmentation, "save", {"path": "a.png"}),
    ("Segmentation", segmentation, "table", {}),
    ("Segmentation", segmentation, "save_table", {"path": "a.csv"}),
    ("Segmentation", segmentation, "overlay", {"image": scene()}),
    ("Segmentation", segmentation, "cutout", {"image": scene()}),
    ("Hierarchy", lambda: segprior.segment_hierarchy(scene()), "cost", {"coarseness": 0.5}),
    ("Hierarchy", lambda: segprior.segment_hierarchy(scene()), "cut", {}),
    ("Hierarchy", lambda: segprior.segment_hierarchy(scene()), "count", {}),
    ("Hierarchy", lambda: segprior.segment_hierarchy(scene()), "confidence", {"n_segments": 2}),
    ("Hierarchy", lambda: segprior.segment_hierarchy(scene()), "save", {"path": "a.npz"}),
    ("Hierarchy", lambda: segprior.segment_hierarchy(scene()), "save_ucm", {"path": "a.png"}),
    ("Hierarchy", lambda: segprior.segment_hierarchy(scene()), "ucm", {}),
    ("Hierarchy", lambda: segprior.Hierarchy, "load", {"path": "absent.npz"}),
    ("SegmentConfig", lambda: segprior.SegmentConfig, "preset", {"name": "fast"}),
    ("SegmentConfig", segprior.SegmentConfig, "replace", {"coarseness": 0.5}),
    ("Prior", lambda: segprior.fit_prior(scene(), members=1, iterations=1), "save",
     {"path": "a.npz"}),
    ("Prior", lambda: segprior.Prior, "load", {}),
    ("ForegroundSegmenter", segprior.ForegroundSegmenter, "fit", {"X": scene()}),
    ("ForegroundSegmenter", segprior.ForegroundSegmenter, "fit_predict", {"X": scene()}),
    ("Segmenter", segprior.Segmenter, "fit", {"X": scene()}),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "make", "method", "given"), METHODS, ids=lambda x: str(x)[:20])
def test_methods(owner: str, make: Callable[[], Any], method: str, given: dict[str, Any]) -> None:
    function = getattr(make(), method)
    names = [*inspect.signature(function).parameters]
    assert [fault for name in names for fault in faults(function, given, name)] == []


@pytest.mark.parametrize("kind", [segprior.ForegroundSegmenter, segprior.Segmenter])
def test_estimators(kind: Any) -> None:
    names = [*inspect.signature(kind.__init__).parameters][1:]
    found = [
        fault
        for name in names
        if name != "options"
        for fault in faults(lambda **given: kind(**given).fit(scene()), {}, name)
    ]
    assert found == []


def test_every_public_function_is_in_the_table(right: dict[str, dict[str, Any]]) -> None:
    assert set(right) == set(FUNCTIONS)
    assert os.listdir() == []  # noqa: PTH208
