from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from segprior.batch.manifest import Manifest, is_row
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


ROW = {"input": "a.png", "output": "a.png", "error": None, "files": ["a.png"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": [1]}, {"input": None}, {"output": ["a"]}, {"output": 5}, {"error": False},
        {"error": 3}, {"files": 5}, {"files": "a.png"}, {"files": [1]}, {"files": None},
        {"files": ["../a.png"]}, {"files": ["/etc/passwd"]}, {"files": ["a\0.png"]},
        {"files": {"a.png": 1}}, {"sizes": [1.5]}, {"sizes": []}, {"sizes": [True]},
        {"hashes": ["x", "y"]}, {"hashes": [None]}, {"input_hash": 1}, {"settings_hash": None},
        {"seed": "0"}, {"seed": True}, {"version": 1}, {"seconds": "1"}, {"seconds": True},
        {"scores": []}, {"scores": None}, {"warnings": "x"}, {"warnings": [1]}, {"input_mark": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_line_of_a_wrong_type_is_no_row(wrong: dict[str, Any]) -> None:
    assert is_row(ROW)
    assert is_row({**ROW, "sizes": [3], "hashes": ["x"], "seconds": 1, "more": object()})
    assert not is_row(ROW | wrong)
    for key in ("input", "output", "error"):
        assert not is_row({name: value for name, value in ROW.items() if name != key})


@pytest.mark.parametrize(
    "line",
    [
        '{"input": [1], "output": "a.png", "error": null}',
        '{"input": "a", "output": "a", "error": null, "seconds": NaN}',
        '{"input": "a", "output": "a", "error": null, "scores": {"x": -Infinity}}',
        '{"input": "a", "output": "a", "error": null, "seconds": 1e999}',
        "[" * 200_000,
        '{"a":' * 200_000,
        '{"input": ' + "[" * 900 + "]" * 900 + "}",
        "[]", "3", '"text"', "null", "text", "\x00\x01",
    ],
    ids=lambda line: line[:40],
)  # fmt: skip
def test_a_damaged_line_is_told_and_passed_over(tmp_path: Path, line: str) -> None:
    good = json.dumps(ROW)
    path = tmp_path / "manifest.jsonl"
    path.write_text(f"{line}\n{good}\n")
    torn = line.startswith('{"a":')
    with nullcontext() if torn else pytest.warns(UserWarning, match="damaged, line 1; what it t"):
        manifest = Manifest(tmp_path)
    assert manifest.get("a.png") == ROW
    manifest.compact()
    assert path.read_text() == f"{good}\n"


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"name": "theirs"}\n')
    with pytest.raises(OutputError, match="is not the manifest of a batch"):
        Manifest(tmp_path)
    assert (tmp_path / "manifest.jsonl").read_text() == '{"name": "theirs"}\n'
