from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from segprior.analysis.reproduction.figures import FIGURES, PUBLISHED, SAMPLES, Studio
from segprior.analysis.reproduction.report_pages import html_page, markdown_page
from segprior.analysis.reproduction.reproduce import Made, reproduce, sample_image
from segprior.callbacks import Event
from segprior.config.analysis import ReproduceConfig
from segprior.config.double_dip import DoubleDipConfig
from segprior.config.prior import PriorConfig
from segprior.errors import Cancelled, ConfigError, ImageError, OutputError

TINY = ReproduceConfig(
    prior=PriorConfig(members=1, iterations=2, working_size=32), double_dip="fast",
    double_dip_size=32,
)  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Made-up images by the names of the published ones, each of another aspect."""
    folder = tmp_path / "paper"
    (folder / "images").mkdir(parents=True)
    for number, name in enumerate(sorted({n for names in PUBLISHED.values() for n in names})):
        rng = np.random.default_rng(number)
        pixels = rng.integers(30, 60, (32 + number, 56 - 2 * number, 3))
        pixels[8:20, 10:22] += 150
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "images" / f"{name}.jpg")
    return folder


@pytest.fixture(autouse=True)
def short_double_dip(monkeypatch: pytest.MonkeyPatch) -> None:
    two = {"first_iterations": 2, "second_iterations": 2}
    short = {**DoubleDipConfig.presets, "fast": two}
    monkeypatch.setattr(DoubleDipConfig, "presets", short)


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


@pytest.mark.parametrize("change", ["seed", "settings", "image", "picture", "notes"])
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


def test_a_prior_is_fitted_once(data: Path, tmp_path: Path) -> None:
    fits: list[Event] = []

    def count(event: Event) -> None:
        if event.iteration == 1:
            fits.append(event)

    reproduce(tmp_path / "out", data, config=TINY, only=["1", "3", "6"], callback=count)
    assert len(fits) == len({*PUBLISHED["figure1"], *PUBLISHED["figure3"], *PUBLISHED["figure6"]})


def test_sample_images_take_the_place_of_the_published_ones(tmp_path: Path) -> None:
    (made,) = reproduce(tmp_path, config=TINY, only=["figure6"])
    assert list(made.settings["images"]) == list(SAMPLES["figure6"])
    assert SAMPLES.keys() == PUBLISHED.keys()
    assert [len(SAMPLES[name]) for name in SAMPLES] == [len(PUBLISHED[name]) for name in SAMPLES]
    for name in {name for names in SAMPLES.values() for name in names}:
        image = sample_image(name)
        assert max(image.shape[:2]) <= 288
        assert image.dtype == np.float32


def test_the_filter_radius_is_that_of_the_image() -> None:
    image = np.random.default_rng(0).random((48, 64, 3)).astype(np.float32)
    studio = Studio(lambda name: image, PUBLISHED, TINY)
    hint = np.zeros((48, 64), np.int8)
    hint[10:30, 10:30], hint[40:] = 1, -1
    apart = studio.double_dip("any", hint)
    assert apart.config.working_size == 32
    masks = [studio.refined(apart, radius) for radius in (2, 24)]
    assert masks[0].shape == (48, 64)
    assert (masks[0] != masks[1]).any()


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


def test_pages_escape_what_they_show() -> None:
    figures: list[Any] = [
        ("figure2", "a < b & “c”", {"prior": {"working_size": None, "snapshots": []}}, 3.4)
    ]
    page = html_page(figures)
    assert "a &lt; b &amp; “c”" in page
    assert "working_size full, snapshots none" in page
    assert "made in 3 s" in page

    class Tags(HTMLParser):
        open: ClassVar[list[str]] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag not in ("meta", "img", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    Tags().feed(page)
    assert not Tags.open
    text = markdown_page(figures)
    assert "**Figure 2.** a < b" in text
    assert "- made in 3 s" in text
