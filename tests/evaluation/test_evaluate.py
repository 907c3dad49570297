from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segprior.config.running import EvaluateConfig
from segprior.errors import ConfigError, ImageError
from segprior.evaluation import evaluate
from segprior.evaluation.evaluate import (
    Interrupted,
    Progress,
    evaluate_hierarchies,
    evaluate_instances,
)
from segprior.evaluation.report import Evaluation
from segprior.io.image import as_image
from segprior.io.label_maps import read_labels
from segprior.methods.baselines.label_maps import felzenszwalb
from segprior.methods.multiclass.hierarchy import segment_hierarchy
from segprior.metrics import RegionScores, SettingScores, iou
from tests.helpers.evaluation import (
    COLUMNS,
    ROWS,
    contours_of,
    foreground,
    regions,
    saved,
    scene,
)
from tests.helpers.things import discs

BENCH = Path(__file__).parents[2] / ".." / "shared" / "data" / "bsds_bench"


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


def hierarchies(folders: Path, methods: Sequence[str] = (), **options: Any) -> Evaluation:
    return evaluate_hierarchies(folders / "images", folders / "truth", methods=methods, **options)


@pytest.fixture
def nested(folders: Path) -> Path:
    """Contour maps: what both people drew at 0.7, what one alone drew at 0.3, nobody at 0.1."""
    (folders / "ucm").mkdir()
    for number in range(4):
        labels = scene(number)[1].astype(np.int64) + 1
        labels[:3] = 3
        labels[20:] = 4
        strengths = np.full((4, 4), 0.7)
        strengths[0, 2] = strengths[2, 0] = 0.3
        strengths[0, 3] = strengths[3, 0] = 0.1
        np.fill_diagonal(strengths, 0)
        contours = contours_of(labels, strengths)
        Image.fromarray(contours).save(folders / "ucm" / f"s{number}.png")
    return folders


def test_contour_maps_score_as_by_hand(nested: Path) -> None:
    found = hierarchies(
        nested, predictions=[nested / "ucm"], thresholds=4, boundary_thresholds=4, boundaries=True
    )
    (row,), (curve,) = found.rows, found.curves.values()
    assert (found.kind, row["images"], row["failed"], row["seconds"]) == ("hierarchies", 4, 0, None)
    # At 0.2 it is what one drew, at 0.4 and 0.6 what the other did, at 0.8 one segment.
    assert curve["thresholds"] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert curve["segments"] == [3, 2, 2, 1]
    scores = SettingScores([0.2, 0.4, 0.6, 0.8])
    for number in range(4):
        two = scene(number)[1] + 1
        three = two.copy()
        three[:3] = 3
        scores.add([two, three], [three, two, two, np.ones_like(two)])
    expected = scores.compute()
    for name in ("sc_ods", "sc_ois", "sc_best", "pri_ods", "pri_ois", "voi_ods", "voi_ois"):
        assert row[name] == pytest.approx(expected[name])
    assert row["sc_best"] == 1 > row["sc_ods"]
    assert row["miou_ods"] == pytest.approx(expected["miou_ods"])
    assert row["threshold"] == pytest.approx(expected["sc_ods_setting"])
    # Boundaries include their threshold: at 0.2 all that anyone drew and no more.
    assert (curve["precision"][0], curve["recall"][0], row["f_ods"]) == (1, 1, 1)
    assert curve["recall"][1] < 1 == curve["precision"][1]
    assert (curve["recall"][3], curve["precision"][3]) == (0, 0)


def test_our_hierarchy_scores_as_it_is(folders: Path) -> None:
    span = (0.1, 1000.0)
    found = hierarchies(folders, ["hierarchy"], limit=2, thresholds=7, span=span)
    (row,) = found.rows
    scores = SettingScores(np.geomspace(*span, 7).tolist())
    alone: list[list[dict[str, float]]] = []
    for number in range(2):
        drawn = [
            read_labels(folders / "truth" / f"s{number}" / f"{name}.png") for name in ("one", "two")
        ]
        tree = segment_hierarchy(folders / "images" / f"s{number}.png")
        scores.add_hierarchy(drawn, tree.regions, tree.merges, tree.costs)
        every = [RegionScores(connected=False) for _ in range(tree.n_regions)]
        for count, one in enumerate(every, 1):
            one.add(drawn, tree.cut(n_segments=count))
        alone.append([one.compute() for one in every])
    assert row["sc_ods"] == scores.compute()["sc_ods"]
    assert row["f_ods"] is None
    assert row["seconds"] > 0
    assert found.settings["hierarchy"]["config"]["method"] == "hierarchy"
    # Without a span every number of segments is tried here, and the best of each image found.
    images = hierarchies(folders, ["hierarchy"], limit=2).images
    for image, numbers in zip(images, alone, strict=True):
        assert image["sc_ods"] == pytest.approx(max(one["sc"] for one in numbers))
        assert image["voi_ods"] == pytest.approx(min(one["voi"] for one in numbers))


def test_felzenszwalb_is_run_at_the_scales_of_the_boundaries(folders: Path) -> None:
    span = (5.0, 500.0)
    found = hierarchies(
        folders, ["felzenszwalb:min_size=2"], limit=1, boundary_thresholds=3, span=span
    )
    curve = found.curves["felzenszwalb:min_size=2"]
    assert curve["thresholds"] == pytest.approx([5, 50, 500])
    image = as_image(folders / "images" / "s0.png")
    numbers = [len(np.unique(felzenszwalb(image, scale=s, min_size=2))) for s in (5, 50, 500)]
    assert curve["segments"] == numbers
    assert numbers[0] > numbers[2]


def test_a_curve_goes_on_where_it_was_stopped(nested: Path) -> None:
    options: dict[str, Any] = {"predictions": [nested / "ucm"], "store": nested / "rows.jsonl"}
    with pytest.raises(Interrupted) as stopped:
        hierarchies(nested, **options, callback=watched([], stop_after=2))
    assert stopped.value.evaluation.rows[0]["images"] == 2
    seen: list[Progress] = []
    found = hierarchies(nested, **options, callback=watched(seen))
    assert [progress.done for progress in seen] == [2, 3, 4]
    # Other thresholds are other results, and label maps no hierarchies.
    seen.clear()
    hierarchies(nested, **options, thresholds=5, callback=watched(seen))
    assert len(seen) - 1 == 4
    seen.clear()
    regions(nested, (), **options, callback=watched(seen))
    assert len(seen) - 1 == 4
    seen.clear()
    again = hierarchies(nested, **options, callback=watched(seen))
    assert [(progress.done, progress.image) for progress in seen] == [(4, None)]
    assert again.rows == found.rows
    assert again.curves == found.curves


def test_workers_change_no_curve(nested: Path) -> None:
    options: dict[str, Any] = {"predictions": [nested / "ucm"], "boundaries": True, "limit": 2}
    one = hierarchies(nested, ["hierarchy"], **options)
    two = hierarchies(nested, ["hierarchy"], **options, workers=2)
    assert without_seconds(one) == without_seconds(two)
    assert one.curves == two.curves


def test_a_broken_contour_map_fails_alone(nested: Path) -> None:
    Image.fromarray(np.zeros((5, 6), np.uint16)).save(nested / "ucm" / "s2.png")
    found = hierarchies(nested, predictions=[nested / "ucm"])
    assert [row["image"] for row in found.failures] == ["s2"]
    assert "s2.png: a contour map of shape (5, 6) for an image of shape (24, 32)" in str(
        found.failures[0]["error"]
    )
    assert (found.rows[0]["images"], found.rows[0]["failed"]) == (3, 1)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        (["slic"], "slic makes one label map, so it has no curve; choose fast, hierarchy"),
        (["continuity"], "continuity makes one label map"),
        (["felzenszwalb:scale=9"], "a curve goes through all values of scale; leave it out"),
    ],
)
def test_what_has_no_curve(folders: Path, methods: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        hierarchies(folders, methods)


@pytest.mark.skipif(not BENCH.is_dir(), reason="needs shared/data/bsds_bench")
def test_the_official_benchmark_of_contour_maps() -> None:
    found = evaluate_hierarchies(
        BENCH / "images", BENCH / "groundTruth", predictions=[BENCH / "ucm2"], thresholds=5,
        boundary_thresholds=5, boundaries=True,
    )  # fmt: skip
    (row,), (curve,) = found.rows, found.curves.values()

    def official(name: str) -> NDArray[np.float64]:
        return np.atleast_2d(np.loadtxt(BENCH / "test_1" / f"eval_{name}.txt"))

    digits: dict[str, Any] = {"rtol": 6e-6, "atol": 0}
    cover, others = official("cover")[0], official("RI_VOI")[0]
    regions_found = [row[name] for name in ("threshold", "sc_ods", "sc_ois", "sc_best")]
    np.testing.assert_allclose(regions_found, cover, **digits)
    names = ("pri_ods", "pri_ois", "voi_ods", "voi_ois")
    np.testing.assert_allclose([row[name] for name in names], others[[1, 2, 4, 5]], **digits)
    np.testing.assert_allclose(curve["sc"], official("cover_th")[:, 1], **digits)
    np.testing.assert_allclose(
        np.column_stack([curve["pri"], curve["voi"]]), official("RI_VOI_thr")[:, 1:], **digits
    )
    # Pairing differs from the benchmark's random one by as much as that from itself.
    edges = official("bdry")[0]
    boundaries_found = [row[name] for name in ("f_ods", "f_ois", "ap")]
    np.testing.assert_allclose(boundaries_found, edges[[3, 6, 7]], rtol=0, atol=2e-4)
    np.testing.assert_allclose(
        np.column_stack([curve[name] for name in ("recall", "precision", "f")]),
        official("bdry_thr")[:, 1:], rtol=0, atol=1e-3,
    )  # fmt: skip


@pytest.fixture
def things(tmp_path: Path) -> Path:
    """Three images of discs with their numbers, in PNG, TIFF and NumPy files."""
    (tmp_path / "images").mkdir()
    (tmp_path / "truth").mkdir()
    image, truth = discs()
    for number in range(3):
        shown = np.rint(255 * image / (number + 1)).astype(np.uint8)
        Image.fromarray(shown).save(tmp_path / "images" / f"s{number}.png")
    Image.fromarray(truth.astype(np.uint16)).save(tmp_path / "truth" / "s0.png")
    Image.fromarray(truth.astype(np.uint8)).save(tmp_path / "truth" / "s1.tif")
    np.save(tmp_path / "truth" / "s2.npy", 100 * truth)
    return tmp_path


def test_things_one_by_one(things: Path) -> None:
    methods = ["fast:reading=things", "otsu", "watershed", "blank"]
    found = evaluate_instances(
        things / "images", things / "truth", methods=methods, store=things / "rows.jsonl",
        save_predictions=things / "kept",
    )  # fmt: skip
    assert not found.failures
    ours, pieces, watershed, blank = found.rows
    assert (ours["ap50"], ours["count_error"], ours["predicted"]) == (1, 0, 7)
    assert ours["ap"] <= ours["ap75"] <= 1
    assert (pieces["ap50"], pieces["true"], pieces["predicted"]) == (3 / 9, 7, 5)
    assert pieces["count_error"] == pytest.approx(2 / 7)
    assert watershed["ap50"] == 1
    assert blank["ap50"] == 0
    kept = things / "kept" / "fast_reading=things"
    again = evaluate_instances(things / "images", things / "truth", predictions=[kept])
    assert again.rows[0]["ap"] == pytest.approx(ours["ap"])
    assert found.settings["fast:reading=things"]["config"]["instances"] is True
    assert "AP50" in found.to_text().splitlines()[0]
    again = evaluate_instances(
        things / "images", things / "truth", methods=methods, store=things / "rows.jsonl"
    )
    assert again.rows == found.rows


def test_things_that_cannot_be_scored_are_named(things: Path) -> None:
    np.save(things / "truth" / "s2.npy", np.full((120, 160), -1))
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(things / "truth" / "s1.tif")
    found = evaluate_instances(things / "images", things / "truth", methods=["otsu"])
    errors = [row["error"] for row in found.failures]
    assert "its truth has 9 x 9" in errors[0]
    assert "got label -1; number things from 1" in errors[1]


def test_names_are_public() -> None:
    assert set(evaluate.__all__) == {
        "Interrupted", "Progress", "evaluate_foreground", "evaluate_hierarchies",
        "evaluate_instances", "evaluate_regions",
    }  # fmt: skip
