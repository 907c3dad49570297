"""Parts are found in the modules of a package; broken ones of others are told and left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from segprior.runtime.plugins import found_elsewhere, found_inside


def package(folder: Path, **modules: str) -> None:
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("parts_of"):
            del sys.modules[name]


def test_modules_with_the_attribute_count(place: Path) -> None:
    package(place / "parts_of_one", b="PART = 2", a="PART = 1", helper="", _hidden="PART = 3")
    assert list(found_inside("parts_of_one", "PART", int)) == [1, 2]


def test_something_else_under_that_name(place: Path) -> None:
    package(place / "parts_of_two", a="PART = 'text'")
    with pytest.raises(TypeError, match=r"parts_of_two\.a\.PART is no int: 'text'"):
        list(found_inside("parts_of_two", "PART", int))


def test_other_distributions(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad = "raise OSError('a\\nb')"
    package(place / "parts_of_others", good="PART = 5", text="PART = ''", bad=bad)
    about = place / "parts-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: parts\nVersion: 1.2\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[segprior.tried]\nz = parts_of_others.good:PART\na = parts_of_others.text:PART\n"
        "b = parts_of_others.bad:PART\nc = parts_of_others.absent:PART\n",
        encoding="utf-8",
    )
    assert list(found_elsewhere("segprior.tried", int)) == [("segprior.tried z of parts 1.2", 5)]
    assert caplog.messages == [
        "segprior: segprior.tried a of parts 1.2 is left out: parts_of_others.text:PART is no int",
        "segprior: segprior.tried b of parts 1.2 is left out: OSError: a b",
        "segprior: segprior.tried c of parts 1.2 is left out: "
        "ModuleNotFoundError: No module named 'parts_of_others.absent'",
    ]
    assert list(found_elsewhere("segprior.nothing", int)) == []
