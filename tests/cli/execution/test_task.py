from __future__ import annotations

from pathlib import Path

import pytest

from segprior.cli import main
from segprior.prior.prior import fit_prior
from tests.helpers.commands import QUICK, TINY


def test_extras_of_the_prior_with_features_of_the_image(photo: Path, tmp_path: Path) -> None:
    mask = tmp_path / "m.png"
    command = ["foreground", str(photo), "-o", str(mask), "--save-prior", *TINY, *QUICK]
    assert main(command) == 0
    assert (tmp_path / "m_prior.png").exists()


@pytest.mark.parametrize("options", [(), ("--preset", "dsp")], ids=["default", "dsp"])
def test_a_saved_prior_gives_the_same_mask(
    photo: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    saved = str(tmp_path / "p.npz")
    assert main(["prior", str(photo), "-o", saved, *TINY, "--snapshots", "1"]) == 0
    fitting = ["--features", "prior", *TINY, *options]
    assert main(["foreground", str(photo), "-o", str(tmp_path / "a.png"), *fitting]) == 0
    command = ["foreground", str(photo), "-o", str(tmp_path / "b.png"), "--prior", saved]
    assert main([*command, "--snapshots", "1", *options]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "b_epochs.png").exists()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--members", "3"], "--members says how a prior is fitted"),
        (["--features", "image"], "--prior has no use"),
        (["--snapshots", "2"], "holds no snapshot of iteration 2"),
        (["extra.png"], "prior of one image"),
    ],
)
def test_what_does_not_go_with_a_saved_prior(
    photo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    match: str,
) -> None:
    saved = fit_prior(photo, members=1, iterations=2, working_size=32).save(tmp_path / "p.npz")
    command = ["foreground", str(photo), "-o", str(tmp_path / "m.png"), "--prior", str(saved)]
    assert main([*command, *options]) == 2
    assert match in capsys.readouterr().err
