from __future__ import annotations

from pathlib import Path

import pytest

from segprior.batch.manifest import Manifest
from segprior.errors import OutputError
from tests.helpers.folders import rows


def test_a_torn_line_is_left_out_and_ended(tmp_path: Path) -> None:
    row = {"input": "a.jpg", "output": "a.png", "error": None}
    manifest = Manifest(tmp_path)
    manifest.add(row)
    with manifest.path.open("a") as stream:
        stream.write('{"input": "b.jpg", "outp')
    again = Manifest(tmp_path)
    assert len(again) == 1
    again.add(row | {"input": "c.jpg", "output": "c.png"})
    assert len(Manifest(tmp_path)) == 2
    again.compact()
    assert list(rows(tmp_path)) == ["a.jpg", "c.jpg"]


def test_one_line_for_each_input_and_each_output(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    for row in (("b.jpg", "b.png"), ("a.jpg", "a.png"), ("a.jpg", "a.png"), ("b.tif", "b.png")):
        manifest.add({"input": row[0], "output": row[1], "error": None})
    manifest.compact()
    assert list(rows(tmp_path)) == ["a.jpg", "b.tif"]


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"name": "theirs"}\n')
    with pytest.raises(OutputError, match="is not the manifest of a batch"):
        Manifest(tmp_path)
    assert (tmp_path / "manifest.jsonl").read_text() == '{"name": "theirs"}\n'
