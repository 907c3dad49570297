"""The history of the benchmarks; the benchmarks themselves are not run here."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PLACE = Path(__file__).parents[1] / "benchmarks" / "run.py"


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    if not PLACE.exists():
        pytest.skip("the benchmarks are not in the source distribution")
    spec = importlib.util.spec_from_file_location("benchmarks_run", PLACE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lines_are_added_and_read_back(runner: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    assert runner.read_history(path) == []
    first = {"version": "1", "release": True, "ratios": {"prior": 2.0}}
    second = {"version": "2", "release": False, "ratios": {"prior": 3.0}}
    runner.add_to_history(path, first)
    runner.add_to_history(path, second)
    assert runner.read_history(path) == [first, second]


def test_each_ratio_is_that_of_the_last_release_that_has_it(runner: ModuleType) -> None:
    history = [
        {"version": "1", "release": True, "ratios": {"prior": 2.0, "batch": 1.5}},
        {"version": "2", "release": True, "ratios": {"prior": 4.0}},
        {"version": "3", "release": False, "ratios": {"prior": 8.0, "start-up": 1.0}},
    ]
    assert runner.last_release(history) == {"prior": ("2", 4.0), "batch": ("1", 1.5)}
    assert runner.last_release([]) == {}


def test_the_table_marks_what_fell(runner: ModuleType) -> None:
    before = {"prior": ("1", 4.0), "batch": ("1", 2.0), "gone": ("1", 9.0)}
    text = runner.table({"prior": 3.0, "batch": 1.8, "start-up": 0.5}, before)
    head, prior, batch, start = text.splitlines()
    assert head.split() == ["today", "before", "change"]
    assert prior.split() == ["prior", "3.00", "4.00", "-25%", "(1)", "FELL"]
    assert batch.split() == ["batch", "1.80", "2.00", "-10%", "(1)"]
    assert start.split() == ["start-up", "0.50"]


def test_what_fell_by_more_than_the_share_is_named(runner: ModuleType) -> None:
    before = {"prior": ("1", 4.0), "batch": ("1", 2.0)}
    assert runner.fallen({"prior": 3.3, "batch": 1.8, "new": 0.1}, before) == ["prior"]
    assert runner.fallen({"prior": 9.0}, before) == []


def test_the_history_that_is_kept_has_what_the_runner_needs(runner: ModuleType) -> None:
    history = runner.read_history(runner.HISTORY)
    assert runner.last_release(history)
    for entry in history:
        assert {"version", "release", "date", "commit", "source", "processor"} <= entry.keys()
        assert all(value > 0 for value in entry["ratios"].values())
    assert all((PLACE.parent / f"{name}.py").exists() for name in runner.NAMES)
