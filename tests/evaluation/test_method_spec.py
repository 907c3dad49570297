from __future__ import annotations

import pytest

from segprior.errors import ConfigError
from segprior.evaluation.method_spec import contender, expand
from segprior.evaluation.methods import GROUPS, Kind


@pytest.mark.parametrize("kind", ["regions", "foreground"])
def test_the_group_holds_methods_that_exist(kind: Kind) -> None:
    for text in GROUPS[kind]:
        contender(kind, text).check()
    assert expand(kind, ["blank", "baselines", "blank"])[0] == "blank"
    assert sorted(expand(kind, ["blank", "baselines"])) == sorted(GROUPS[kind])


def test_the_levels_are_those_of_the_hierarchy_with_and_without_prior() -> None:
    texts = expand("regions", ["levels", "fast"])
    configs = [contender("regions", text).settings["config"] for text in texts[:-1]]
    assert [c["coarseness"] for c in configs] == [0, 0.5, 1] * 2
    assert [c["edges"] for c in configs] == ["auto"] * 3 + ["prior"] * 3
    assert all(contender("regions", text).settings["config"] == configs[1] for text in texts[-1:])
    assert expand("foreground", ["levels"]) == ["levels"]


def test_options_and_defaults_make_the_settings() -> None:
    made = contender("regions", "felzenszwalb:scale=100, min_size=30")
    assert made.text == "felzenszwalb:scale=100, min_size=30"
    assert made.settings.pop("version")
    assert made.settings == {
        "method": "felzenszwalb", "scale": 100.0, "sigma": 0.8, "min_size": 30
    }  # fmt: skip
    default = contender("regions", "felzenszwalb")
    assert default.settings == contender("regions", "felzenszwalb:scale=300").settings


def test_the_seed_is_a_setting_of_what_draws_numbers_only() -> None:
    assert contender("regions", "kmeans", seed=5).settings["seed"] == 5
    assert contender("regions", "kmeans:seed=7", seed=5).settings["seed"] == 7
    assert "seed" not in contender("regions", "slic", seed=5).settings


def test_our_options_are_read_by_their_type() -> None:
    text = "fast:working_size=full,fill_holes=yes,learning_rate=0.1,members=2,features=image"
    config = contender("foreground", text).settings["config"]
    assert config["prior"]["working_size"] is None
    assert config["prior"]["learning_rate"] == 0.1
    assert config["prior"]["members"] == 2
    assert config["fill_holes"] is True
    assert config["features"] == "image"


def test_our_methods_of_regions_take_their_fields() -> None:
    text = "continuity:continuity=1,working_size=48,classes=4"
    config = contender("regions", text).settings["config"]
    assert (config["method"], config["continuity"]) == ("continuity", 1.0)
    assert (config["working_size"], config["classes"]) == (48, 4)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("regions", "felzenswalb", "did you mean 'felzenszwalb'"),
        ("regions", "otsu", "choose one of fast, "),
        ("foreground", "", "no method ''"),
        ("regions", "kmeans:clusters=4", "its options are k, window, n_init, seed"),
        ("regions", "kmeans:k", "write NAME:key=value"),
        ("regions", "kmeans:k=", "write NAME:key=value"),
        ("regions", "kmeans:k=2.5", "got k='2.5'; pass a whole number"),
        ("regions", "kmeans:seed=-1", "got seed=-1"),
        ("regions", "felzenszwalb:scale=big", "got scale='big'; pass a number"),
        ("foreground", "fast:fill_holes=perhaps", "pass true or false"),
        ("foreground", "fast:members=0", "fast:members=0: got members=0"),
        ("foreground", "fast:snapshots=5", "snapshots cannot be set"),
        ("foreground", "fast:window=3", "window=3 with method='consensus'"),
        ("foreground", "image:window=4", "window=4; pass an odd number"),
    ],
)
def test_wrong_texts(kind: Kind, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")) as caught:
        contender(kind, text)
    assert "\n" not in str(caught.value)
