from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segprior.config.running import EvaluateConfig
from segprior.errors import ConfigError, ImageError
from segprior.evaluation import evaluate
from segprior.evaluation.evaluate import (
    Interrupted,
    Progress,
)
from segprior.evaluation.report import Evaluation
from segprior.io.label_maps import read_labels
from segprior.metrics import RegionScores, iou
from tests.helpers.evaluation import COLUMNS, ROWS, foreground, regions, saved, scene


def without_seconds(found: Evaluation) -> list[dict[str, Any]]:
    rows = found.rows + found.images
    return [{k: v for k, v in row.items() if not k.endswith("seconds")} for row in rows]


def test_perfect_and_inverted_masks(folders: Path, tmp_path: Path) -> None:
    masks = [scene(number)[1] for number in range(4)]
    right = saved(tmp_path / "right", *(255 * mask for mask in masks))
    wrong = saved(tmp_path / "wrong", *(255 * (1 - mask) for mask in masks))
    found = foreground(folders, (), predictions=[right, wrong])
    one, other = found.rows
    assert (one["method"], other["method"]) == (str(right), str(wrong))
    names = ("iou", "iou_better", "f_beta", "accuracy", "mae")
    assert [one[name] for name in names] == [1, 1, 1, 1, 0]
    assert [other[name] for name in names] == [0, 1, 0, 0, 1]
    assert (one["images"], one["failed"], one["segments"], one["seconds"]) == (4, 0, 1, None)
    assert one["foreground"] == pytest.approx(np.mean([mask.mean() for mask in masks]))


def test_methods_score_as_by_hand(folders: Path) -> None:
    found = foreground(folders, ["rectangle:inset=0.25"])
    box = np.zeros((ROWS, COLUMNS), bool)
    box[6:18, 8:24] = True
    expected = [iou(scene(number)[1], box) for number in range(4)]
    assert [row["iou"] for row in found.images] == pytest.approx(expected)
    assert found.rows[0]["iou"] == pytest.approx(np.mean(expected))
    assert found.rows[0]["seconds"] > 0


def test_regions_pool_over_images_and_annotators(folders: Path, tmp_path: Path) -> None:
    maps = [scene(number)[1] + 1 for number in range(4)]
    maps[1] = np.arange(ROWS * COLUMNS, dtype=np.uint8).reshape(ROWS, COLUMNS) % 7
    made = saved(tmp_path / "made", *maps)
    (row,) = regions(folders, (), predictions=[made]).rows
    for connected, ending in ((True, ""), (False, "_labels")):
        scores = RegionScores(connected)
        for number in range(4):
            drawn = [
                read_labels(folders / "truth" / f"s{number}" / f"{name}.png")
                for name in ("one", "two")
            ]
            scores.add(drawn, maps[number])
        expected = scores.compute()
        for name in ("miou", "miou_all", "miou_fine", "miou_coarse"):
            assert row[name + ending] == pytest.approx(expected[name])
        assert row["segments" if connected else "labels"] == expected["segments"]
        assert row["voi"] == pytest.approx(expected["voi"])
    assert row["segments"] > row["labels"]
    assert row["boundary_f"] is None


def test_boundaries_on_request(folders: Path, tmp_path: Path) -> None:
    made = saved(tmp_path / "made", *(scene(number)[1] + 1 for number in range(4)))
    (row,) = regions(folders, (), predictions=[made], boundaries=True).rows
    assert row["boundary_precision"] == 1
    assert 0.5 < row["boundary_recall"] < 1  # one annotator drew one line more
    assert row["boundary_f"] == pytest.approx(
        2 * row["boundary_recall"] / (1 + row["boundary_recall"])
    )


def test_our_own_methods_run_and_say_how_sure_they_are(folders: Path) -> None:
    found = foreground(folders, ["image:window=1"])
    assert found.rows[0]["iou"] == 1
    assert all(0 < row["score"] <= 1 for row in found.images)
    found = regions(folders, ["continuity:iterations=3,working_size=32"], limit=1)
    assert found.rows[0]["images"] == 1


def test_every_and_limit(folders: Path) -> None:
    assert [row["image"] for row in foreground(folders, every=2).images] == ["s0", "s2"]
    assert [row["image"] for row in foreground(folders, limit=1).images] == ["s0"]
    config = EvaluateConfig(every=3)
    assert [row["image"] for row in foreground(folders, config=config).images] == ["s0", "s3"]


def test_a_broken_image_fails_alone(folders: Path) -> None:
    (folders / "images" / "s1.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    found = foreground(folders, ["otsu", "blank"], store=folders / "rows.jsonl")
    assert [(row["images"], row["failed"]) for row in found.rows] == [(3, 1), (3, 1)]
    assert [row["image"] for row in found.failures] == ["s1", "s1"]
    assert "broken PNG" in found.failures[0]["error"]
    assert found.failures[0]["iou"] is None
    Image.fromarray(scene(1)[0]).save(folders / "images" / "s1.png")
    assert not foreground(folders, ["otsu", "blank"], store=folders / "rows.jsonl").failures


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"methods": ()}, ConfigError, "nothing to score"),
        ({"every": 0}, ConfigError, "got every=0"),
        ({"limit": -1}, ConfigError, "got limit=-1"),
        ({"workers": 0}, ConfigError, "got workers=0"),
        ({"threads": 2}, ConfigError, "no option 'threads'"),
        ({"methods": ["none"]}, ConfigError, "no method 'none'"),
        ({"rng": -1}, ConfigError, "got seed -1"),
        ({"predictions": ["nowhere"]}, ImageError, "cannot list nowhere"),
    ],
)
def test_wrong_calls(
    folders: Path, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        foreground(folders, **options)


def watched(seen: list[Progress], stop_after: int | None = None) -> Any:
    def callback(progress: Progress) -> None:
        seen.append(progress)
        if stop_after is not None and progress.done == stop_after:
            raise KeyboardInterrupt

    return callback


def test_work_goes_on_where_it_was_stopped(folders: Path) -> None:
    store = folders / "rows.jsonl"
    methods = ["otsu", "blank", "kmeans"]
    with pytest.raises(Interrupted) as stopped:
        foreground(folders, methods, store=store, callback=watched([], stop_after=5))
    assert (stopped.value.done, stopped.value.total) == (5, 12)
    assert sum(row["images"] for row in stopped.value.evaluation.rows) == 5
    assert len(store.read_bytes().splitlines()) == 5
    seen: list[Progress] = []
    found = foreground(folders, methods, store=store, callback=watched(seen))
    assert [p.done for p in seen] == [5, *range(6, 13)]
    assert [p.image is None for p in seen] == [True, *[False] * 7]
    assert without_seconds(found) == without_seconds(foreground(folders, methods))
    seen.clear()
    again = foreground(folders, methods, store=store, callback=watched(seen))
    assert [(p.done, p.total) for p in seen] == [(12, 12)]
    assert again.rows == found.rows


@pytest.mark.parametrize("what", ["settings", "seed", "image", "truth", "line"])
def test_what_has_changed_is_done_again(folders: Path, what: str) -> None:
    store = folders / "rows.jsonl"
    foreground(folders, ["kmeans"], store=store)
    methods, rng = ["kmeans"], 0
    if what == "settings":
        methods = ["kmeans:k=3"]
    elif what == "seed":
        rng = 1
    elif what == "line":
        store.write_bytes(store.read_bytes()[:-20])
    else:
        folder = "images" if what == "image" else "masks"
        path = folders / folder / "s2.png"
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    seen: list[Progress] = []
    foreground(folders, methods, store=store, rng=rng, callback=watched(seen))
    assert len(seen) - 1 == (4 if what in ("settings", "seed") else 1)


def test_boundaries_are_added_to_what_was_kept_without(folders: Path) -> None:
    store = folders / "rows.jsonl"
    regions(folders, store=store, limit=1)
    found = regions(folders, store=store, limit=1, boundaries=True)
    assert found.rows[0]["boundary_f"] is not None
    seen: list[Progress] = []
    regions(folders, store=store, limit=1, callback=watched(seen))
    assert [(p.done, p.image) for p in seen] == [(1, None)]


def test_what_was_found_is_kept_and_scores_the_same(folders: Path) -> None:
    methods = ["kmeans:k=2", "felzenszwalb:scale=10"]
    store, keep = folders / "rows.jsonl", folders / "kept"
    first = regions(folders, methods, store=store)
    assert not keep.exists()
    found = regions(folders, methods, store=store, save_predictions=keep)
    names = ["felzenszwalb_scale=10", "kmeans_k=2"]
    assert sorted(path.name for path in keep.iterdir()) == names
    again = regions(folders, (), predictions=[keep / name for name in reversed(names)])
    for one, other, third in zip(first.rows, found.rows, again.rows, strict=True):
        assert one["miou"] == other["miou"] == third["miou"]
        assert third["seconds"] is None


def test_workers_change_nothing(folders: Path) -> None:
    methods = ["kmeans:k=3,window=3", "quickshift"]
    one = regions(folders, methods, limit=2)
    two = regions(folders, methods, limit=2, workers=2)
    assert without_seconds(one) == without_seconds(two)


def test_names_are_public() -> None:
    assert set(evaluate.__all__) == {
        "Interrupted", "Progress", "evaluate_foreground", "evaluate_hierarchies",
        "evaluate_regions",
    }  # fmt: skip
