"""Methods are found, ours and those that other distributions register."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import segprior
from segprior.cli import main
from segprior.errors import ConfigError
from segprior.methods.registry import find_method, look_again, methods, option_owners

STRIPES = """
from dataclasses import dataclass
import numpy as np
from segprior.config.presets import Presets
from segprior.methods.method import Method
from segprior.methods.multiclass.classes import Classes

@dataclass(frozen=True, kw_only=True)
class StripesConfig(Presets):
    '''Options of stripes.

    Parameters
    ----------
    stripes : int
        How many there are.
    '''

    stripes: int = 3

def run(image, options, context):
    small = image.at(context.config.working_size)
    rows, columns = small.shape[:2]
    labels = np.repeat(np.arange(columns)[None] * options.stripes // columns, rows, axis=0)
    return Classes(labels=labels.astype(np.int32), confidence=np.ones(labels.shape, np.float32),
                   evidence={})

METHOD = Method(name="stripes", kind="regions", config=StripesConfig, run=run, summary="stripes")
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    place = tmp_path / "site"
    place.mkdir()
    monkeypatch.syspath_prepend(place)
    made: list[str] = []

    def make(name: str, text: str) -> None:
        made.append(f"strange_{name}")
        (place / f"{made[-1]}.py").write_text(text, encoding="utf-8")
        about = place / f"{made[-1]}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Name: {made[-1]}\nVersion: 1.0\n", encoding="utf-8")
        entry = f"[segprior.methods]\n{name} = {made[-1]}:METHOD\n"
        (about / "entry_points.txt").write_text(entry, encoding="utf-8")
        look_again()

    yield make
    for name in made:
        sys.modules.pop(name, None)
    monkeypatch.undo()
    look_again()


def test_the_default_comes_first_and_the_rest_by_name() -> None:
    for found, default, known in (
        (methods("foreground"), "consensus", {"kmeans"}),
        (methods("regions"), "hierarchy", {"backprop", "continuity", "dynamic", "mean-shift"}),
    ):
        first, *rest = found
        assert first == default
        assert rest == sorted(rest)
        assert known <= set(rest)


def test_a_method_by_its_name() -> None:
    assert find_method("regions", "dynamic").name == "dynamic"
    with pytest.raises(ConfigError, match="got method='means'; choose one of 'hierarchy'"):
        find_method("regions", "means")
    with pytest.raises(
        ConfigError, match="got method='kmeans'; foreground has it; choose one of h"
    ):
        find_method("regions", "kmeans")
    with pytest.raises(ConfigError, match="got method=3"):
        find_method("foreground", 3)


def test_who_has_an_option() -> None:
    owners = option_owners("regions")
    assert [method.name for method in owners["iterations"]] == ["backprop", "continuity", "dynamic"]
    assert [method.name for method in owners["coarseness"]] == ["hierarchy"]
    assert "working_size" not in owners


def test_a_method_of_another_distribution(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install("stripes", STRIPES)
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    assert segprior.segment(image, method="stripes").n_labels == 3
    assert segprior.segment(image, method="stripes", stripes=5).n_labels == 5
    assert segprior.segment(image, method="stripes", stripes=5, classes=2).n_labels == 2
    reduced = segprior.segment(image, method="stripes", stripes=2, working_size=16)
    assert reduced.labels.shape == (20, 30)
    with pytest.raises(ConfigError, match="stripes=4 with method='hierarchy'; it belongs to"):
        segprior.segment(image, stripes=4)
    np.save(tmp_path / "i.npy", image)
    words = ["segment", str(tmp_path / "i.npy"), "-o", str(tmp_path / "o.png")]
    assert main([*words, "--method", "stripes", "--stripes", "4"]) == 0
    assert main(["segment", "--help"]) == 0
    text = capsys.readouterr().out
    assert "o.png  (4 labels" in text
    assert "settings of stripes:" in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (STRIPES.replace('name="stripes"', 'name="dynamic"'), "the name 'dynamic' is taken"),
        (STRIPES.replace("stripes: int", "classes: int").replace("options.stripes", "3"),
         "its option 'classes' is one that all methods have"),
        (STRIPES.replace("stripes: int", "coarseness: str").replace("options.stripes", "3"),
         "its option 'coarseness' has another type in another method"),
        (STRIPES.replace('summary="stripes"', 'presets={"published": {}}'),
         "the preset 'published' is taken"),
        (STRIPES.replace("stripes: int", "seed: int").replace("options.stripes", "3"),
         "its option 'seed' is a word of the functions or the command line"),
        (STRIPES.replace("stripes: int = 3", "stripes: float | None = 3"),
         "its option 'stripes' has a type that cannot be typed"),
        (STRIPES.replace("stripes: int = 3", "stripes: int"), "its options cannot be made"),
        (STRIPES.replace("(Presets):", ":"), "its options are no class made of Presets"),
        (STRIPES.replace('name="stripes"', 'name="Water: shed"'), "not made of small letters"),
        (STRIPES.replace('kind="regions"', 'kind="segment"'), "its kind 'segment' is none of"),
        (STRIPES.replace('summary="stripes"', 'start="nosuch"'), "no preset 'nosuch'"),
        (STRIPES.replace('summary="stripes"', 'presets={"few": {"stripe": 2}}'),
         "its preset 'few' has an option 'stripe'"),
        (STRIPES.replace('summary="stripes"', 'presets={"fast": {}}'), "preset 'fast' is taken"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("METHOD = 3", "strange_stripes:METHOD is no Method"),
        ("raise OSError('no disk')", "OSError: no disk"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_the_others_is_told_and_left_out(
    install: Install, caplog: pytest.LogCaptureFixture, text: str, reason: str
) -> None:
    before = list(methods("regions"))
    install("stripes", text)
    assert list(methods("regions")) == before
    (message,) = set(caplog.messages)
    assert message.startswith(
        "segprior: segprior.methods stripes of strange_stripes 1.0 is left out"
    )
    assert reason in message
