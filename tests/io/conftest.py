"""Distributions of strangers, installed for the time of a test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segprior.io.registry import formats

Register = Callable[..., None]


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """Install distributions for the time of a test, each with formats by their Python text."""
    place = tmp_path / "site"
    place.mkdir()
    monkeypatch.syspath_prepend(place)
    made: list[str] = []

    def install(**texts: str) -> None:
        for name, text in texts.items():
            module = f"strange_{name}"
            made.append(module)
            (place / f"{module}.py").write_text(
                f"from segprior.io.format import Format\n{text}\n", encoding="utf-8"
            )
            about = place / f"{module}-1.0.dist-info"
            about.mkdir()
            (about / "METADATA").write_text(f"Name: {module}\nVersion: 1.0\n", encoding="utf-8")
            (about / "entry_points.txt").write_text(
                f"[segprior.formats]\n{name} = {module}:FORMAT\n", encoding="utf-8"
            )
        formats.cache_clear()

    yield install
    formats.cache_clear()
    for module in made:
        sys.modules.pop(module, None)
