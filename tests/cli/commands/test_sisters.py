from __future__ import annotations

from pathlib import Path

import pytest

from segprior import ConfigError, double_dip, foreground, segment
from segprior.cli import main
from segprior.cli.commands.sisters import pointed
from segprior.errors import ImageError, UnknownNameError


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["foreground", "P", "-o", "m.png", "--coarseness", "1"],
            "no option '--coarseness' for segprior foreground; segprior segment takes it",
        ),
        (
            ["segment", "P", "-o", "m.png", "--preset", "dsp"],
            "no preset 'dsp' for segprior segment; segprior foreground takes it",
        ),
        (["segment", "P", "-o", "m.png", "--cutout"], "segprior foreground takes it"),
        (["prior", "P", "-o", "m.png", "--preset", "original"], "segprior double-dip takes it"),
        (["double-dip", "P", "-o", "m", "--preset", "dsp"], "segprior foreground takes it"),
        (["foreground", "P", "-o", "m.png", "--watch"], "segprior batch foreground takes it"),
        (["batch", "segment", "P", "-o", "m", "--invert"], "segprior batch foreground takes it"),
        (["segment", "P", "-o", "m.png", "--method", "kmeans"], "foreground has it"),
        (["foreground", "P", "-o", "m.png", "--method", "dynamic"], "segment has it"),
        (["foreground", "P", "-o", "m.png", "--overlai"], "(did you mean '--overlay'?)"),
        (["foreground", "P", "-o", "m.png", "--preset", "slow"], "choose one of fast, "),
    ],
)
def test_the_command_that_takes_it_is_named(
    words: list[str],
    said: str,
    photo: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(photo.parent)
    assert main([photo.name if word == "P" else word for word in words]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert len(err.splitlines()) == 1
    assert not out
    assert [path.name for path in photo.parent.iterdir()] == [photo.name]


def test_other_errors_stay_as_they_are() -> None:
    for error in (
        ImageError("no image"),
        UnknownNameError("no option '--x'", name="--x", what="option"),
    ):
        assert pointed(error, ["foreground"]) is error


def test_functions_name_each_other() -> None:
    image = [[0.0] * 16] * 16
    with pytest.raises(ConfigError, match=r"no preset 'dsp' here; segprior\.foreground has it"):
        segment(image, preset="dsp")
    with pytest.raises(ConfigError, match=r"no option 'coarseness' here; segprior\.segment has it"):
        foreground(image, coarseness=1)
    with pytest.raises(ConfigError, match=r"segprior\.double_dip has it"):
        foreground(image, preset="original")
    with pytest.raises(ConfigError, match="got method='kmeans'; foreground has it"):
        segment(image, method="kmeans")
    with pytest.raises(ConfigError, match="no preset 'backprop'; choose one of"):
        double_dip(image, preset="backprop")
