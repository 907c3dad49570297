from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from segprior.errors import ConfigError
from segprior.evaluation.cuts import Cuts
from segprior.evaluation.report import summarise
from tests.helpers.evaluation import foreground


def test_the_rank_correlation_of_score_and_iou() -> None:
    def result(score: float, value: float) -> dict[str, Any]:
        return {"seconds": 1.0, "cpu_seconds": 1.0, "score": score, "mask": {"iou": value}}

    def rho(*pairs: tuple[float, float]) -> float | None:
        results = {f"{i}": result(*pair) for i, pair in enumerate(pairs)}
        value: float | None = summarise("foreground", {"m": results}, {}).rows[0]["spearman"]
        return value

    assert rho((0.1, 0.2), (0.2, 0.3), (0.3, 0.9)) == pytest.approx(1)
    assert rho((0.1, 0.9), (0.2, 0.3), (0.3, 0.1)) == pytest.approx(-1)
    assert rho((0.1, 0.2), (0.1, 0.3), (0.1, 0.9)) is None
    assert rho((0.1, 0.2), (0.2, 0.3)) is None


def test_the_curve_is_in_json_and_the_best_of_it_in_the_table() -> None:
    def result(place: int) -> dict[str, Any]:
        sc = [0.1, 0.1, 0.1, 0.1]
        sc[place] = 0.5
        return {
            "seconds": 2.0, "cpu_seconds": 1.0, "score": None, "boundaries": None,
            "cuts": {
                "sc": sc, "pri": sc, "voi": [-value for value in sc], "sc_back": sc,
                "segments": [8, 4, 2, 1], "ious": [[1.0] * 3] * 4, "counts": [2, 2, 2],
                "pixels": 10, "sc_best": 0.75,
            },
        }  # fmt: skip

    cuts = {name: Cuts(regions=(1, 2, 4, 8), boundaries=(1, 8)) for name in ("inside", "end")}
    results = {"inside": {"a": result(1)}, "end": {"a": result(3), "b": {"error": "broken"}}}
    found = summarise("hierarchies", results, {"inside": {}}, cuts)
    lines = found.to_text().splitlines()
    assert lines[0].split()[-7:-3] == ["mIOU*", "ODS", "at", "segments"]
    scores = "0.500 0.500 0.750 0.500 0.500 -0.500 -0.500 0.500 2.000 4.0 2.00 1.00"
    assert " ".join(lines[1].split()) == f"inside 1 0 {scores}"
    assert lines[2].split()[:4] == ["end", "1", "1", "0.500"]
    assert lines[3].startswith("ODS: the threshold")
    assert lines[4:] == [
        "end: SC, PRI, VoI best at the first or the last threshold; look beyond with another span"
    ]
    content = json.loads(found.to_json())
    assert content["methods"][0]["curve"]["sc"] == [0.1, 0.5, 0.1, 0.1]
    assert content["methods"][1]["curve"]["thresholds"] == [1, 2, 4, 8]
    images = list(csv.DictReader(io.StringIO(found.images_to_csv())))
    assert [(row["image"], row["method"], row["sc_ods"]) for row in images] == [
        ("a", "inside", "0.5"), ("a", "end", "0.5"), ("b", "end", "")
    ]  # fmt: skip
    table = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row["threshold"] for row in table] == ["2.0", "8.0"]


def test_the_table_in_three_formats(folders: Path) -> None:
    found = foreground(folders, ["otsu", "rectangle:inset=0.25"])
    lines = found.to_text().splitlines()
    assert lines[0].split()[:4] == ["method", "images", "IoU", "IoU+"]
    assert "failed" not in lines[0]
    assert len({len(line) for line in lines[:3]}) == 1
    table = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row["method"] for row in table] == ["otsu", "rectangle:inset=0.25"]
    assert float(table[0]["iou"]) == found.rows[0]["iou"]
    assert table[0]["spearman"] == ""
    content = json.loads(found.to_json())
    assert content["kind"] == "foreground"
    assert content["methods"][1]["settings"]["inset"] == 0.25
    assert len(content["images"]) == 8
    images = list(csv.DictReader(io.StringIO(found.images_to_csv())))
    assert [(row["image"], row["method"]) for row in images][:2] == [
        ("s0", "otsu"),
        ("s0", "rectangle:inset=0.25"),
    ]
    for suffix in (".csv", ".json", ".txt"):
        path = found.save(folders / f"table{suffix}")
        assert path.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match=r"end it in one of .csv, .json, .txt"):
        found.save(folders / "table.xlsx")
