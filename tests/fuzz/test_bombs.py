"""Files that promise or unfold to much: refused or read right, in two seconds and 500 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segprior.io.image import as_image
from tests.helpers.bombs import pictures, strip, zeros
from tests.helpers.bombs_arrays import arrays

ROOT = Path(__file__).parents[2]
NAMES = [name for name, _ in (*pictures(), *arrays())]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each is read in a fork")


def measured(size: int) -> dict[str, Any]:
    words = [sys.executable, "-W", "ignore", "-m", "tests.fuzz.bombs", "--bytes", str(size)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=600
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["name"]: row for row in rows}


def check(rows: dict[str, Any], name: str) -> None:
    if name.startswith("zarr"):
        pytest.importorskip("zarr", reason="zarr is not installed")
    row = rows[name]
    told = row["told"].split("; refused")[0]
    assert told.startswith(("read", "refused: ")), row
    assert "Error" not in row["told"], row
    assert row["seconds"] < 2, row
    assert row["megabytes"] < 500, row


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return measured(64 << 20)


@pytest.fixture(scope="module")
def large() -> dict[str, Any]:
    return measured(1 << 30)


@pytest.mark.parametrize("name", NAMES)
def test_bombs(name: str, small: dict[str, Any]) -> None:
    check(small, name)
    # What unfolds to 64 MB takes hardly any of it.
    if name.partition("-")[0] in ("tiff", "png", "zarr", "prior", "hierarchy", "truth"):
        assert small[name]["megabytes"] < 60, small[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_bombs_of_a_gigabyte(name: str, large: dict[str, Any]) -> None:
    check(large, name)


def test_there_are_many_and_they_are_small(tmp_path: Path) -> None:
    assert len(set(NAMES)) == len(NAMES) >= 39
    path = strip(8, lambda size: zeros("zlib", size))(tmp_path, 64 << 20)
    assert path.stat().st_size < 80_000
    assert np.array_equal(as_image(path), np.zeros((32, 32, 1), np.float32))
