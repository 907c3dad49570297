from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ConfigError, OutputError
from segprior.io.label_maps import read_labels
from segprior.io.window_writer import check_output, save_bands
from tests.helpers.windows import LABELS


@pytest.fixture(params=["tif", "ome.tif", "zarr", "png", "npy"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    if request.param == "zarr":
        pytest.importorskip("zarr")
    yield tmp_path / f"labels.{request.param}"
    assert [path.name for path in tmp_path.iterdir()] == [f"labels.{request.param}"]


@pytest.mark.parametrize("mask", [False, True])
def test_bands_of_any_height_become_the_file_of_the_whole(target: Path, mask: bool) -> None:
    labels = (LABELS > 1).astype(np.uint8) if mask else LABELS
    written = set()
    for _ in range(2):  # the second time over the first
        bands = [labels[:33], labels[33:34], labels[34:]]
        save_bands(target, bands, (70, 90), mask=mask, largest=int(labels.max()))
        written.add(target.read_bytes() if target.is_file() else b"")
    assert len(written) == 1
    np.testing.assert_array_equal(read_labels(target), labels)


def test_what_fails_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    def bands() -> Iterator[NDArray[Any]]:
        yield LABELS[:40]
        raise KeyboardInterrupt

    pytest.importorskip("zarr")
    for name in ("labels.tif", "labels.zarr"):
        save_bands(tmp_path / name, [LABELS], (70, 90), mask=False, largest=3)
        with pytest.raises(KeyboardInterrupt):
            save_bands(tmp_path / name, bands(), (70, 90), mask=False, largest=3)
        np.testing.assert_array_equal(read_labels(tmp_path / name), LABELS)
    assert len(list(tmp_path.iterdir())) == 2


def test_large_results_need_a_format_written_in_parts(tmp_path: Path) -> None:
    check_output(tmp_path / "labels.tif", (10**5, 10**5), max_pixels=10**6)
    check_output(tmp_path / "labels.png", (10**3, 10**3), max_pixels=10**6)
    with pytest.raises(OutputError, match=r"as png.*end the name in \.tif or \.zarr"):
        check_output(tmp_path / "labels.png", (10**5, 10**5), max_pixels=10**6)
    with pytest.raises(ConfigError, match="format='gif'"):
        check_output(tmp_path / "labels.tif", (8, 8), wanted="gif")
