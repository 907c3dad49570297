from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.analysis.result import Analysis, analysis_files, feature_sheet
from segprior.errors import OutputError


def test_saving_writes_pictures_and_strict_json(found: Analysis, tmp_path: Path) -> None:
    paths = found.save(tmp_path / "out")
    assert {path.name for path in paths} == {path.name for path in (tmp_path / "out").iterdir()}
    for path in paths:
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert min(picture.size) > 200
    text = (tmp_path / "out" / "summary.json").read_text()
    assert "NaN" not in text
    assert json.loads(text) == json.loads(json.dumps(found.summary))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="it is a file"):
        found.save(tmp_path / "file")


def test_what_is_saved_depends_on_nothing_else(found: Analysis) -> None:
    assert analysis_files(found) == analysis_files(found)


def test_feature_sheets_hold_every_channel_stretched() -> None:
    maps = np.random.default_rng(0).random((6, 8, 10)).astype(np.float32)
    maps[..., 3] = 7
    sheet = feature_sheet(maps, columns=4)
    assert sheet.shape == (3 * 7 - 1, 4 * 9 - 1)
    first = sheet[:6, :8]
    assert (first.min(), first.max()) == (0, 1)
    np.testing.assert_allclose(first, (maps[..., 0] - maps[..., 0].min()) / np.ptp(maps[..., 0]))
    assert not sheet[:6, 27:35].any()
    assert sheet[:, 8].all()
