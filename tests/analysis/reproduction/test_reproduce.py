from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from segprior.analysis.reproduction.figures import FIGURES, PUBLISHED
from segprior.analysis.reproduction.reproduce import Made, reproduce
from segprior.callbacks import Event
from segprior.errors import Cancelled, ConfigError, ImageError, OutputError
from tests.helpers.analysis import TINY


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_all_seven_figures(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    told: list[Made] = []
    made = reproduce(out, data, config=TINY, tell=told.append)
    assert [one.name for one in made] == list(FIGURES) == [f"figure{n}" for n in range(1, 8)]
    assert told == made
    assert not any(one.kept for one in made)
    expected = {f"{name}{suffix}" for name in FIGURES for suffix in (".png", ".json")}
    assert names(out) == expected | {"index.html", "index.md"}
    html, markdown = (out / "index.html").read_text(), (out / "index.md").read_text()
    for one in made:
        with Image.open(one.path) as picture:
            assert min(picture.size) > 150
        assert f'src="{one.name}.png"' in html
        assert f"]({one.name}.png)" in markdown
        assert one.caption in markdown
        notes = json.loads((out / f"{one.name}.json").read_text())
        assert list(notes["settings"]["images"]) == list(PUBLISHED[one.name])


def test_finished_figures_are_kept_and_others_made(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    reproduce(out, data, config=TINY, only=["figure3"])
    before = (out / "figure3.png").stat().st_mtime_ns
    made = reproduce(out, data, config=TINY, only=["6", "figure3"])
    assert [(one.name, one.kept) for one in made] == [("figure3", True), ("figure6", False)]
    assert (out / "figure3.png").stat().st_mtime_ns == before
    assert "figure6.png" in (out / "index.md").read_text()


@pytest.mark.parametrize(
    "change", ["seed", "settings", "image", "picture", "emptied", "cut", "notes", "deep notes"]
)
def test_a_figure_is_made_again_when_anything_changed(
    change: str, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options: dict[str, Any] = {"only": ["figure6"], "config": TINY}
    reproduce(out, data, **options)
    if change == "seed":
        options["rng"] = 1
    elif change == "settings":
        options["members"] = 2
    elif change == "image":
        Image.new("RGB", (40, 40), "red").save(data / "images" / "soldiers_paper.jpg")
    elif change == "picture":
        (out / "figure6.png").unlink()
    elif change == "emptied":
        (out / "figure6.png").write_bytes(b"")
    elif change == "cut":
        (out / "figure6.png").write_bytes((out / "figure6.png").read_bytes()[:-9])
    elif change == "deep notes":
        (out / "figure6.json").write_text("[" * 200_000)
    else:
        (out / "figure6.json").write_text('{"caption": ')
    (made,) = reproduce(out, data, **options)
    assert not made.kept


def test_an_interrupted_command_goes_on(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def stop(event: Event) -> None:
        if (out / "figure1.png").exists():
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        reproduce(out, data, config=TINY, only=["1", "2"], callback=stop)
    assert {"figure1.png", "index.html"} < names(out)
    assert "figure2.png" not in names(out)
    made = reproduce(out, data, config=TINY, only=["1", "2"])
    assert [one.kept for one in made] == [True, False]


def test_nothing_done_leaves_nothing_behind(data: Path, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        raise Cancelled("at once")

    with pytest.raises(Cancelled):
        reproduce(tmp_path / "out", data, config=TINY, callback=stop)
    assert not (tmp_path / "out").exists()
    (tmp_path / "mine").mkdir()
    with pytest.raises(Cancelled):
        reproduce(tmp_path / "mine", data, config=TINY, callback=stop)
    assert names(tmp_path / "mine") == set()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"only": ["figure8"]}, ConfigError, "no figure 'figure8'; choose one of figure1"),
        ({"preset": "quick"}, ConfigError, "no preset 'quick'"),
        ({"colour": 3}, ConfigError, "no option 'colour'"),
        ({"rng": -1}, ConfigError, "seed -1"),
    ],
)
def test_wrong_options(
    options: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        reproduce(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_missing_images_are_told_before_any_work(data: Path, tmp_path: Path) -> None:
    (data / "images" / "bird.jpg").unlink()
    with pytest.raises(ImageError, match=r"bird\.jpg; name the folder"):
        reproduce(tmp_path / "out", data, config=TINY)
    with pytest.raises(ImageError, match=r"and 11 more"):
        reproduce(tmp_path / "out", tmp_path, config=TINY)
    assert not (tmp_path / "out").exists()
    (made,) = reproduce(tmp_path / "out", data, config=TINY, only=["figure6"])
    assert made.path.is_file()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write to the folder"):
        reproduce(tmp_path / "file" / "out", config=TINY)
