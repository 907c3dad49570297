from __future__ import annotations

import json
from pathlib import Path

import pytest

from segprior.callbacks import Event
from segprior.cli import main
from segprior.cli.commands import reproduce
from tests.helpers.commands import TINY


def test_figures_are_told_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    argv = ["reproduce", "-o", str(out), "--only", "figure6", *TINY]
    assert main([*argv, "--seed", "3"]) == 0
    first = capsys.readouterr().out.splitlines()
    assert first[0].startswith(f"{out / 'figure6.png'}  (")
    assert "index.html" in first[1]
    assert main([*argv, "--seed", "3", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["kept"]
    assert facts["settings"]["seed"] == 3
    assert facts["settings"]["prior"]["members"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no output; add -o FOLDER"),
        (["-o", "OUT", "--only", "figure9"], "no figure 'figure9'; choose one of figure1"),
        (["-o", "OUT", "--only"], "--only needs a value"),
        (["-o", "OUT", "--data", "OUT"], "name the folder that holds images/NAME.jpg"),
        (["-o", "OUT", "--double-dip", "slow"], "got --double-dip 'slow'"),
        (["-o", "OUT", "--window", "2"], "got --window 2"),
        (["-o", "OUT", "photo.png"], "has no use for 'photo.png'"),
        (["-o", "OUT", "--", "photo.png"], "has no use for 'photo.png'"),
        (["-o", "OUT", "--ony", "figure4"], "did you mean '--only'"),
    ],
)
def test_wrong_usage_of_reproduce(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["reproduce", *(str(out) if word == "OUT" else word for word in words)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not out.exists()


def test_each_fit_gets_a_bar_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = []

    class Bar:
        def __init__(self, text: str, **options: object) -> None:
            opened.append(text)

        def __call__(self, event: Event) -> None: ...

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(reproduce, "ProgressBar", Bar)
    bars = reproduce.Bars(shown=True)
    for stage in ("prior", "prior", "double-dip step 1", "double-dip step 2"):
        for iteration in (1, 2):
            for member in (0, 1):
                bars(
                    Event(
                        stage=stage, member=member, members=2, iteration=iteration, iterations=2,
                        loss=0.0,
                    )
                )  # fmt: skip
    assert opened == ["starting", "prior", "prior", "double-dip step 1", "double-dip step 2"]
