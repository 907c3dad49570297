from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import pytest

from segprior.cli import main
from segprior.cli.arguments.options import in_words, options_of
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError, ImageError, SegpriorError
from segprior.messages import NOTHING, Setting, Verbatim
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.registry import option_owners


def test_every_field_has_an_option() -> None:
    prior = {f.name for f in dataclasses.fields(PriorConfig)}
    mask = {f.name for f in dataclasses.fields(ForegroundConfig)} - {"prior", "options"}
    mask |= {*option_owners("foreground")}
    assert {option.field for option in options_of(PriorConfig)} == prior
    found = [option.field for option in options_of(ForegroundConfig)]
    assert sorted(found) == sorted(prior | mask)


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (["--preset", "published"], {}),
        (["--members", "2", "--iterations", "4"], {"members": 2, "iterations": 4}),
        (["--working-size", "full"], {"working_size": None}),
        (["--working-size=48"], {"working_size": 48}),
        (["--learning-rate", "0.02"], {"learning_rate": 0.02}),
        (["--features", "up2:2,up1:3"], {"features": (("up2", 2), ("up1", 3))}),
        (["--snapshots", "20,10"], {"snapshots": (10, 20)}),
    ],
)
def test_options_become_settings(
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    changed: dict[str, Any],
) -> None:
    seen: dict[str, Any] = {}

    def note(image: Any, config: PriorConfig, **arguments: Any) -> Any:
        seen.update(arguments, config=config)
        raise ConfigError("seen")

    monkeypatch.setattr("segprior.prior.prior.fit", note)
    assert main(["prior", str(photo), "-o", str(tmp_path / "p.png"), *options]) == 2
    preset = "published" if "published" in options else "fast"
    assert seen["config"] == PriorConfig.preset(preset, **changed)
    assert "seed" not in seen


@pytest.mark.parametrize(
    ("error", "said", "told"),
    [
        (
            ConfigError(option="members", got=0, cure="pass more"),
            "got members=0; pass more",
            "got --members 0; pass more",
        ),
        (
            ConfigError("wrong", cure=("pass ", Setting("channel_axis", None), " or ", NOTHING)),
            "wrong; pass channel_axis=None or None",
            "wrong; pass --channel-axis none or none",
        ),
        (
            ImageError(Setting("n_clusters", 1), " or raise ", Setting("max_pixels")),
            "n_clusters=1 or raise max_pixels",
            "--clusters 1 or raise --max-pixels",
        ),
        (
            ConfigError(option="memory", got=Verbatim("3M")),
            "got memory=3M",
            "got --memory 3M",
        ),
        (
            ConfigError(option="snapshot iteration", got=0),
            "got snapshot iteration=0",
            "got snapshot iteration=0",
        ),
        (
            ImageError("/data/working_size=2/x_members.png: broken"),
            "/data/working_size=2/x_members.png: broken",
            "/data/working_size=2/x_members.png: broken",
        ),
    ],
)
def test_messages_speak_of_options(error: SegpriorError, said: str, told: str) -> None:
    assert str(error) == said
    assert in_words(error) == told
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), in_words(again), again.option) == (said, told, error.option)
