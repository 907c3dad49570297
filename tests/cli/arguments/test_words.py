from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segprior.cli import main
from segprior.cli.execution import work
from segprior.errors import ConfigError
from segprior.io.image import as_image, open_planes
from segprior.methods.foreground.api import foreground
from tests.helpers.commands import QUICK, picture
from tests.helpers.folders import names


def test_what_follows_two_dashes_is_an_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "-x.png")
    assert main(["foreground", "-o", "mask.png", *QUICK, "--", "-x.png"]) == 0
    assert names(tmp_path) == ["-x.png", "mask.png"]


def test_help_states_the_defaults_of_the_functions(capsys: pytest.CaptureFixture[str]) -> None:
    main(["foreground", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    reading = inspect.signature(as_image).parameters
    calling = inspect.signature(foreground).parameters
    assert f"[{reading['alpha'].default}]" in text
    assert f"[{reading['channel_axis'].default}, the last]" in text
    assert f"[{reading['max_pixels'].default // 1_000_000}M]" in text
    assert f"the same seed gives the same result [{calling['rng'].default}]" in text
    assert f"where to compute [{calling['device'].default}]" in text


def test_options_for_reading_and_running_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: dict[str, Any] = {}
    ran: dict[str, Any] = {}

    def reading(source: Any, **options: Any) -> Any:
        read.update(options)
        return open_planes(np.zeros((8, 8, 1), np.float32))

    def running(image: Any, config: Any, **arguments: Any) -> Any:
        ran.update(arguments)
        raise ConfigError("seen")

    monkeypatch.setattr(work, "open_planes", reading)
    monkeypatch.setattr("segprior.prior.prior.fit", running)
    options = ["--page", "2", "--channel-axis", "-1", "--alpha", "composite", "--seed", "3"]
    more = [
        "--max-pixels",
        "2.5M",
        "--max-bytes",
        "2G",
        "--value-range",
        "0,4095",
        "--nodata",
        "nan",
        "--axes",
        "zyx",
        "--device",
        "cpu",
    ]
    assert main(["prior", "x.tif", "-o", str(tmp_path / "p.png"), *options, *more]) == 2
    assert np.isnan(read.pop("nodata"))
    assert read == {
        "axes": "zyx",
        "page": 2,
        "channel_axis": -1,
        "alpha": "composite",
        "max_bytes": 2**31,
        "max_pixels": 2_500_000,
        "value_range": (0.0, 4095.0),
    }
    assert (ran["seed"], ran["device"]) == (3, "cpu")
