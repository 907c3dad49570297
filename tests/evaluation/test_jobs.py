from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from segprior.errors import OutputError
from segprior.evaluation.cuts import Cuts
from segprior.evaluation.dataset import Example
from segprior.evaluation.jobs import Results, make_folders, make_jobs, make_keys, take_held
from segprior.evaluation.score import Job
from segprior.io.files.jsonl import Store, file_digest


@pytest.fixture
def examples(tmp_path: Path) -> list[Example]:
    """Two images with a truth and a prediction each; files that are never read as images."""
    made = []
    for name in ("s0", "s1"):
        paths = [tmp_path / what / f"{name}.png" for what in ("images", "truth", "drawn")]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{path.parent.name} {name}")
        made.append(Example(image=paths[0], truth=(paths[1],), predictions=(paths[2],)))
    return made


def jobs_of(examples: list[Example], kept: dict[str, Path] | None = None) -> list[Job]:
    return make_jobs(
        "regions", examples, ["otsu", "slic:k=3"], ["drawn"], kept or {}, seed=3, boundaries=False
    )


SETTINGS = {"drawn": {"predictions": "drawn"}, "otsu": {"a": 1}, "slic:k=3": {"k": 3}}


def test_image_after_image_what_was_drawn_comes_before_what_is_run(
    examples: list[Example],
) -> None:
    jobs = jobs_of(examples)
    assert [(job.example.name, job.method, job.text, job.folder) for job in jobs] == [
        (name, *rest)
        for name in ("s0", "s1")
        for rest in (("drawn", None, 0), ("otsu", "otsu", -1), ("slic:k=3", "slic:k=3", -1))
    ]
    assert {(job.kind, job.seed, job.boundaries, job.keep) for job in jobs} == {
        ("regions", 3, False, None)
    }


def test_what_is_found_is_kept_in_a_folder_of_its_method(
    examples: list[Example], tmp_path: Path
) -> None:
    kept = make_folders(tmp_path / "kept", ["otsu", "slic:k=3"])
    assert [job.keep for job in jobs_of(examples, kept)[:3]] == [
        None, tmp_path / "kept" / "otsu" / "s0.png", tmp_path / "kept" / "slic_k=3" / "s0.png"
    ]  # fmt: skip
    assert (tmp_path / "kept" / "slic_k=3").is_dir()
    assert make_folders(None, ["otsu"]) == {}


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="choose another place"):
        make_folders(tmp_path / "file", ["otsu"])


@pytest.mark.parametrize(
    ("what", "changed"),
    [("images", [1, 2]), ("truth", [0, 1, 2]), ("drawn", [0]), ("settings", [2, 5])],
)
def test_a_key_changes_with_what_its_result_depends_on(
    examples: list[Example], tmp_path: Path, what: str, changed: list[int]
) -> None:
    jobs, settings = jobs_of(examples), SETTINGS
    before = make_keys(jobs, settings)
    assert len(set(before)) == 6
    if what == "settings":
        settings = {**SETTINGS, "slic:k=3": {"k": 4}}
    else:
        (tmp_path / what / "s0.png").write_text("other")
    after = make_keys(jobs, settings)
    assert [number for number in range(6) if before[number] != after[number]] == changed


def test_a_key_changes_with_where_a_hierarchy_is_cut(examples: list[Example]) -> None:
    one, other = (Cuts(regions=(1.0, last), boundaries=(1.0, 2.0)) for last in (2.0, 3.0))
    keys = []
    for cuts in (None, one, other):
        where = None if cuts is None else {"drawn": cuts, "otsu": cuts}
        jobs = make_jobs(
            "regions", examples, ["otsu"], ["drawn"], {}, seed=3, boundaries=False, cuts=where
        )
        assert {job.cuts for job in jobs} == {cuts}
        keys += make_keys(jobs, SETTINGS)
    assert len(set(keys)) == 12


def test_a_store_gives_what_is_complete(examples: list[Example], tmp_path: Path) -> None:
    kept = make_folders(tmp_path / "kept", ["otsu", "slic:k=3"])
    jobs = jobs_of(examples, kept)
    keys = make_keys(jobs, SETTINGS)
    held = Store()
    for job, key in zip(jobs[:3], keys, strict=False):
        if job.keep is not None:
            job.keep.write_text("found")
        digest = None if job.keep is None else file_digest(job.keep)
        held.add(key, {"boundaries": None, "kept": digest})
    (tmp_path / "kept" / "otsu" / "s0.png").write_text("changed since")
    results: Results = {method: {} for method in SETTINGS}
    assert take_held(held, jobs, keys, results) == [1, 3, 4, 5]
    assert {method: list(rows) for method, rows in results.items()} == {
        "drawn": ["s0"], "otsu": [], "slic:k=3": ["s0"]
    }  # fmt: skip
    wanted = [replace(job, boundaries=True) for job in jobs]
    assert take_held(held, wanted, keys, results) == list(range(6))
