from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from segprior.cli import main
from segprior.cli.arguments.options import options_of, spoken
from segprior.config.foreground import ForegroundConfig
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError


def test_every_field_has_an_option() -> None:
    prior = {f.name for f in dataclasses.fields(PriorConfig)}
    mask = {f.name for f in dataclasses.fields(ForegroundConfig)} - {"prior"}
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

    def note(image: Any, **arguments: Any) -> Any:
        seen.update(arguments)
        raise ConfigError("seen")

    monkeypatch.setattr("segprior.prior.prior.fit_prior", note)
    assert main(["prior", str(photo), "-o", str(tmp_path / "p.png"), *options]) == 2
    preset = "published" if "published" in options else "fast"
    assert seen["config"] == PriorConfig.preset(preset, **changed)
    assert "rng" not in seen


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("got members=0; pass more", "got --members 0; pass more"),
        ("pass channel_axis=None", "pass --channel-axis none"),
        ("n_clusters=1 or raise max_pixels", "--clusters 1 or raise --max-pixels"),
        ("the window of my_members.png", "the window of my_members.png"),
        ("/data/working_size/x.png: broken", "/data/working_size/x.png: broken"),
    ],
)
def test_messages_speak_of_options(said: str, told: str) -> None:
    assert spoken(ForegroundConfig, said) == told
