from __future__ import annotations

import argparse
import dataclasses
import inspect
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from segprior.cli.arguments import values as _values
from segprior.cli.arguments.options import options_of, spoken
from segprior.cli.execution import work as _work
from segprior.cli.execution.plan import make_plan
from segprior.config.foreground import ForegroundConfig
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.io.image import as_image
from segprior.methods.foreground.api import foreground
from segprior.prior.prior import Prior, fit_prior
from tests.helpers.folders import names, pixels

QUICK = ("--features", "image")
TINY = ("--members", "1", "--iterations", "2", "--working-size", "32")


def picture(path: Path, rows: int = 32, columns: int = 40) -> Path:
    values = np.full((rows, columns, 3), 60, np.uint8)
    values[rows // 4 : -rows // 4, columns // 4 : -columns // 4] = (230, 120, 40)
    Image.fromarray(values).save(path)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return picture(tmp_path / "photo.png")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    picture(folder / "one.png")
    picture(folder / "two.bmp", 24, 24)
    (folder / "notes.txt").write_text("not an image")
    return folder


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# Files in and out


def test_a_mask_is_0_and_255_at_the_size_of_the_image(photo: Path, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    assert main(["foreground", str(photo), "-o", str(mask), "--features", "image"]) == 0
    assert pixels(mask).shape == (32, 40)
    assert pixels(mask).dtype == np.uint8
    assert set(np.unique(pixels(mask))) == {0, 255}
    assert names(tmp_path) == ["mask.png", "photo.png"]


def test_the_mask_is_that_of_the_function(photo: Path, tmp_path: Path) -> None:
    mask = tmp_path / "mask.npy"
    assert main(["foreground", str(photo), "-o", str(mask), *TINY, "--seed", "5"]) == 0
    expected = foreground(photo, members=1, iterations=2, working_size=32, rng=5)
    np.testing.assert_array_equal(np.load(mask), expected.labels)


def test_the_prior_is_that_of_the_function(photo: Path, tmp_path: Path) -> None:
    saved = tmp_path / "prior.npz"
    assert main(["prior", str(photo), "-o", str(saved), *TINY, "--seed", "5"]) == 0
    expected = fit_prior(photo, members=1, iterations=2, working_size=32, rng=5)
    np.testing.assert_array_equal(Prior.load(saved).members, expected.members)


def test_a_prior_is_a_picture_of_the_size_of_the_image(photo: Path, tmp_path: Path) -> None:
    assert main(["prior", str(photo), "-o", str(tmp_path / "prior.png"), *TINY]) == 0
    assert pixels(tmp_path / "prior.png").shape == (32, 40, 3)


def test_a_folder_becomes_a_folder(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "masks"
    assert main(["foreground", str(photos), "-o", str(out), *QUICK]) == 0
    assert names(out) == ["one.png", "two.png"]
    assert pixels(out / "two.png").shape == (24, 24)


def test_several_files_become_a_folder(photos: Path, tmp_path: Path) -> None:
    files = [str(photos / "one.png"), str(photos / "two.bmp")]
    assert main(["foreground", files[0], "-o", str(tmp_path / "out"), files[1], *QUICK]) == 0
    assert names(tmp_path / "out") == ["one.png", "two.png"]


@pytest.mark.parametrize("existing", [True, False])
def test_one_image_goes_into_a_folder(photo: Path, tmp_path: Path, existing: bool) -> None:
    out = tmp_path / "out"
    if existing:
        out.mkdir()
    assert main(["foreground", str(photo), "-o", f"{out}{'' if existing else '/'}", *QUICK]) == 0
    assert names(out) == ["photo.png"]


def test_what_follows_two_dashes_is_an_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "-x.png")
    assert main(["foreground", "-o", "mask.png", *QUICK, "--", "-x.png"]) == 0
    assert names(tmp_path) == ["-x.png", "mask.png"]


def test_an_image_named_twice_is_done_once(photo: Path, tmp_path: Path) -> None:
    assert main(["foreground", str(photo), str(photo), "-o", str(tmp_path / "out"), *QUICK]) == 0
    assert names(tmp_path / "out") == ["photo.png"]


def test_dashes_are_standard_input_and_output(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    feed(monkeypatch, photo.read_bytes())
    assert main(["foreground", "-", "-o", "-", "--json", *QUICK]) == 0
    out, err = capsysbinary.readouterr()
    with Image.open(io.BytesIO(out)) as mask:
        assert (mask.format, mask.size) == ("PNG", (40, 32))
    facts = json.loads(err)
    assert (facts["file"], facts["output"]) == ("-", "-")


def test_standard_output_is_the_default_for_standard_input(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    feed(monkeypatch, photo.read_bytes())
    assert main(["foreground", "-", *QUICK]) == 0
    out, err = capsysbinary.readouterr()
    assert out.startswith(b"\x89PNG")
    assert err == b""


def test_standard_input_into_a_folder(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, photo.read_bytes())
    assert main(["foreground", "-", "-o", f"{tmp_path}/", *QUICK]) == 0
    assert names(tmp_path) == ["photo.png", "stdin.png"]


def test_extras_lie_beside_the_mask(photo: Path, tmp_path: Path) -> None:
    extras = ["--overlay", "--cutout", "--confidence", "--save-prior", "--snapshots", "1,2"]
    assert main(["foreground", str(photo), "-o", str(tmp_path / "m.png"), *extras, *TINY]) == 0
    assert names(tmp_path) == [
        "m.png",
        "m_confidence.png",
        "m_cutout.png",
        "m_epochs.png",
        "m_overlay.png",
        "m_prior.png",
        "photo.png",
    ]
    mask, cutout = pixels(tmp_path / "m.png"), pixels(tmp_path / "m_cutout.png")
    assert pixels(tmp_path / "m_overlay.png").shape == (32, 40, 3)
    assert pixels(tmp_path / "m_prior.png").shape == (32, 40, 3)
    assert pixels(tmp_path / "m_confidence.png").shape == (32, 40)
    np.testing.assert_array_equal(cutout[..., 3], mask)
    np.testing.assert_array_equal(cutout[mask == 255][:, :3], pixels(photo)[mask == 255])
    assert pixels(tmp_path / "m_epochs.png").shape[1] > 2 * 40


def test_extras_do_not_change_the_mask(photo: Path, tmp_path: Path) -> None:
    common = ["foreground", str(photo), *TINY]
    assert main([*common, "-o", str(tmp_path / "a.png")]) == 0
    assert main([*common, "-o", str(tmp_path / "b.png"), "--save-prior", "--snapshots", "1"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


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


def test_a_prior_of_many_bands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "bands.npy"
    np.save(source, np.random.default_rng(0).random((16, 24, 5), np.float32))
    extras = ["--save-prior", "--overlay", "--cutout", "--snapshots", "1"]
    assert main(["foreground", str(source), "-o", str(tmp_path / "m.png"), *extras, *TINY]) == 0
    assert pixels(tmp_path / "m_prior.png").shape == (16, 24, 3)
    assert main(["prior", str(source), "-o", str(tmp_path / "p.tif"), *TINY]) == 0
    assert as_image(tmp_path / "p.tif").shape == (16, 24, 5)
    monkeypatch.setattr(
        "segprior.prior.prior.fit_prior", lambda *_, **__: pytest.fail("was fitted")
    )
    capsys.readouterr()
    assert main(["prior", str(source), "-o", str(tmp_path / "p.png"), *TINY]) == 2
    assert "cannot save 5 channels" in capsys.readouterr().err


# Reports


def test_json_tells_of_each_image(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "bad.png").write_bytes(b"")
    command = ["foreground", str(photos), "-o", str(tmp_path / "out"), "--json", "--overlay"]
    assert (
        main(
            [*command, *QUICK, "--preset", "dsp", "--window", "3", "--members", "2", "--seed", "7"]
        )
        == 1
    )
    out, err = capsys.readouterr()
    bad, one, two = sorted(map(json.loads, out.splitlines()), key=lambda facts: facts["file"])
    assert bad.keys() == {"file", "error"}
    assert "0 bytes" in bad["error"]
    assert err.startswith("segprior: ")
    assert two["file"].endswith("two.bmp")
    assert one["output"] == str(tmp_path / "out" / "one.png")
    assert one["extras"] == {"overlay": str(tmp_path / "out" / "one_overlay.png")}
    assert one["foreground"] == (pixels(tmp_path / "out" / "one.png") == 255).mean()
    assert 0 <= one["confidence"] <= 1
    assert one["seconds"] >= 0
    assert one["seed"] == 7
    expected = ForegroundConfig.preset("dsp", features="image", window=3, members=2).to_dict()
    assert one["settings"] == json.loads(json.dumps(expected))


def test_json_of_a_prior(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prior", str(photo), "-o", str(tmp_path / "p.png"), "--json", *TINY]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert 0 < facts["loss"] < 1
    assert facts["settings"]["iterations"] == 2


def test_people_read_one_line_per_image(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["foreground", str(photo), "-o", str(tmp_path / "mask.png"), *QUICK]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{photo} -> {tmp_path / 'mask.png'}")
    assert len(out.splitlines()) == 1
    assert err == ""
    assert main([*command, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("terminal", "options", "shown"),
    [(True, (), True), (False, (), False), (True, ("--quiet",), False)],
)
def test_a_progress_bar_on_a_terminal_only(
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: bool,
    options: tuple[str, ...],
    shown: bool,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert main(["prior", str(photo), "-o", str(tmp_path / "p.png"), *TINY, *options]) == 0
    assert ("photo.png: " in capsys.readouterr().err) == shown


def test_one_bad_file_does_not_stop_the_others(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, missing = str(photos / "one.png"), str(photos / "none.png")
    assert main(["foreground", missing, good, "-o", str(tmp_path / "out"), *QUICK]) == 1
    out, err = capsys.readouterr()
    assert names(tmp_path / "out") == ["one.png"]
    assert "none.png" in err
    assert len(err.splitlines()) == len(out.splitlines()) == 1


def test_an_empty_folder_does_not_stop_the_others(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    assert main(["foreground", str(tmp_path / "empty"), str(photo), "-o", str(out), *QUICK]) == 1
    assert names(out) == ["photo.png"]
    assert "no images in" in capsys.readouterr().err


def test_a_warning_is_one_line(
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> None:
    import warnings

    def warn(*_: Any, **__: Any) -> Any:
        warnings.warn("mind the\n gap", stacklevel=1)
        return as_image(photo)

    warnings.simplefilter("always")
    monkeypatch.setattr(_work, "as_image", warn)
    assert main(["foreground", str(photo), "-o", str(tmp_path / "m.png"), *QUICK]) == 0
    assert capsys.readouterr().err == "segprior: warning: mind the gap\n"


# What goes wrong on the way


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("odd\nthing"), "unexpected RuntimeError: odd thing; please report it"),
        (MemoryError(), "not enough memory; pass a smaller --working-size"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
    ],
)
def test_the_unforeseen_is_one_line_too(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    told: str,
) -> None:
    def fail_once(source: Any, **options: Any) -> Any:
        if Path(source).stem == "one":
            raise error
        return as_image(source, **options)

    monkeypatch.setattr(_work, "as_image", fail_once)
    assert main(["foreground", str(photos), "-o", str(tmp_path / "out"), *QUICK]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert names(tmp_path / "out") == ["two.png"]


def test_a_traceback_can_be_asked_for(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("odd")

    monkeypatch.setattr(_work, "as_image", fail)
    monkeypatch.setenv("SEGPRIOR_TRACEBACK", "1")
    with pytest.raises(RuntimeError, match="odd"):
        main(["foreground", str(photo), "-o", str(tmp_path / "mask.png"), *QUICK])


def test_an_image_that_fails_leaves_none_of_its_files(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr("segprior.result.Segmentation.save", fail)
    out = tmp_path / "out"
    command = ["foreground", str(photo), "-o", f"{out}/", "--overlay", "--cutout", *QUICK]
    assert main(command) == 2
    assert names(tmp_path) == ["photo.png"]


def test_an_interrupt_keeps_what_is_finished(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(source: Any, **options: Any) -> Any:
        if Path(source).stem == "two":
            os.kill(os.getpid(), signal.SIGINT)
        return as_image(source, **options)

    monkeypatch.setattr(_work, "as_image", interrupted)
    before = signal.getsignal(signal.SIGINT)
    assert main(["foreground", str(photos), "-o", str(tmp_path / "out"), *QUICK]) == 130
    assert capsys.readouterr().err == "segprior: interrupted; 1 of 2 images are done\n"
    assert names(tmp_path / "out") == ["one.png"]
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_ends_a_fit(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 16, 16)
    picture(tmp_path / "b.png", 400, 400)
    command = [sys.executable, "-m", "segprior", "prior", "a.png", "b.png", "-o", "out"]
    options = ["--members", "2", "--iterations", "150", "--working-size", "full"]
    with subprocess.Popen(
        [*command, *options],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("a.png -> ")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err == "segprior: interrupted; 1 of 2 images are done\n"
    assert names(tmp_path / "out") == ["a.png"]


def test_a_reader_that_has_gone_is_no_traceback(photo: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "segprior", "foreground", str(photo), *QUICK]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "mask.png"), "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


# Settling inputs and outputs


def refuse(
    images: Sequence[Path | str], output: Path | str | None, match: str, **options: Any
) -> None:
    with pytest.raises((ConfigError, OSError), match=match):
        make_plan(
            [str(image) for image in images],
            None if output is None else str(output),
            suffixes=(".png", ".npy"),
            **options,
        )


def test_equal_stems_are_refused(tmp_path: Path) -> None:
    one, other = picture(tmp_path / "a.png"), picture(tmp_path / "a.bmp")
    refuse([one, other], tmp_path / "out", "both become")
    assert not (tmp_path / "out").exists()


def test_stems_that_some_systems_take_for_equal_are_refused(tmp_path: Path) -> None:
    one, other = picture(tmp_path / "a.png"), picture(tmp_path / "A.bmp")
    refuse([one, other], tmp_path / "out", "both become")


def test_an_extra_that_is_another_result_is_refused(tmp_path: Path) -> None:
    one, other = picture(tmp_path / "a.png"), picture(tmp_path / "a_overlay.png")
    refuse([one, other], tmp_path / "out", "both become", extras=["overlay"])


@pytest.mark.parametrize("output", ["photo.png", "link.png", "."])
def test_the_input_is_not_written_over(photo: Path, output: str) -> None:
    (photo.parent / "link.png").symlink_to(photo)
    refuse([photo], photo.parent / output, "over the input")


def test_a_file_that_is_read_is_not_written_over(photo: Path, tmp_path: Path) -> None:
    refuse([photo], tmp_path / "p.npy", "over the input", keep=[tmp_path / "p.npy"])


@pytest.mark.parametrize(
    ("count", "output", "match"),
    [
        (1, None, "no output; add -o"),
        (2, None, "no output; add -o"),
        (2, "-", "cannot share standard output"),
        (2, "mask.png", "need a folder"),
        (2, "photo.png", "need a folder"),
        (1, "mask.gif", "suffix '.gif'"),
        (1, "mask", "without a suffix"),
        (1, "none/mask.png", "no folder"),
        (1, "photo.png/mask.png", "no folder"),
        (1, "photo.png/more/", "cannot make the folder"),
    ],
)
def test_outputs_that_do_not_fit(photo: Path, count: int, output: str | None, match: str) -> None:
    images = [photo, picture(photo.parent / "other.png")][:count]
    target = output if output in (None, "-") else f"{photo.parent}/{output}"
    before = names(photo.parent)
    refuse(images, target, match)
    assert names(photo.parent) == before


def test_a_folder_that_cannot_be_written_to_is_refused_and_not_left(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    refuse([photo], f"{tmp_path}/new/folder/", "No space left")
    assert names(tmp_path) == ["photo.png"]


def test_a_folder_that_was_made_goes_if_nothing_came_of_it(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"")
    assert main(["foreground", str(tmp_path / "bad.png"), "-o", f"{tmp_path}/a/b/"]) == 2
    assert names(tmp_path) == ["bad.png"]


def test_nothing_is_made_when_there_is_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    plan = make_plan([str(tmp_path / "empty")], str(tmp_path / "out"), suffixes=(".png",))
    assert (plan.jobs, len(plan.failures)) == ([], 1)
    assert names(tmp_path) == ["empty"]


def test_terminals_carry_no_images(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["foreground", str(photo), "-o", "-"]) == 2
    assert "standard output is a terminal" in capsys.readouterr().err
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    feed(monkeypatch, b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert main(["foreground", "-", "-o", "-"]) == 2
    assert "standard input is a terminal" in capsys.readouterr().err


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


# Options


def _members(config: Any) -> int:
    return int(getattr(config, "prior", config).members)


@pytest.mark.parametrize("command", ["prior", "foreground"])
def test_help_tells_of_every_field_and_its_defaults(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main([command, "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    config: type[Presets] = PriorConfig if command == "prior" else ForegroundConfig
    for option in options_of(config):
        assert option.flag in text
        assert option.help in text
        assert len(option.help) > 20, f"{option.field} is not described in its docstring"
    members = ", ".join(f"{p}: {_members(config.preset(p))}" for p in config.presets)
    assert f"[{members}]" in text


def test_every_field_has_an_option() -> None:
    prior = {f.name for f in dataclasses.fields(PriorConfig)}
    mask = {f.name for f in dataclasses.fields(ForegroundConfig)} - {"prior"}
    assert {option.field for option in options_of(PriorConfig)} == prior
    found = [option.field for option in options_of(ForegroundConfig)]
    assert sorted(found) == sorted(prior | mask)


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


def test_options_for_reading_and_running_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: dict[str, Any] = {}
    ran: dict[str, Any] = {}

    def reading(source: Any, **options: Any) -> Any:
        read.update(options)
        return np.zeros((8, 8, 1), np.float32)

    def running(image: Any, **arguments: Any) -> Any:
        ran.update(arguments)
        raise ConfigError("seen")

    monkeypatch.setattr(_work, "as_image", reading)
    monkeypatch.setattr("segprior.prior.prior.fit_prior", running)
    options = ["--page", "2", "--channel-axis", "-1", "--alpha", "composite", "--seed", "3"]
    more = ["--max-pixels", "2.5M", "--value-range", "0,4095", "--device", "cpu"]
    assert main(["prior", "x.tif", "-o", str(tmp_path / "p.png"), *options, *more]) == 2
    assert read == {
        "page": 2,
        "channel_axis": -1,
        "alpha": "composite",
        "max_pixels": 2_500_000,
        "value_range": (0.0, 4095.0),
    }
    assert (ran["rng"], ran["device"]) == (3, "cpu")


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (_values.whole, "-3", -3),
        (_values.number, "1e-3", 0.001),
        (_values.number_list, "10,20", (10, 20)),
        (_values.whole_or_full, "48", 48),
        (_values.whole_or_full, "Full", None),
        (_values.block_list, "up2:30, up1:5", (("up2", 30), ("up1", 5))),
        (_values.axis, "-1", -1),
        (_values.axis, "none", None),
        (_values.value_range, "-1,2.5", (-1.0, 2.5)),
        (_values.pixel_count, "64000000", 64_000_000),
        (_values.pixel_count, "0.5M", 500_000),
        (_values.pixel_count, "none", None),
    ],
)
def test_values_are_read(read: Callable[[str], Any], text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (_values.whole, "3.5"),
        (_values.number, "much"),
        (_values.number_list, "10,,20"),
        (_values.whole_or_full, "half"),
        (_values.block_list, "up2"),
        (_values.block_list, "up2:last"),
        (_values.axis, "last"),
        (_values.value_range, "4095"),
        (_values.value_range, "0,1,2"),
        (_values.pixel_count, "0"),
        (_values.pixel_count, "-5M"),
        (_values.pixel_count, "nanM"),
        (_values.pixel_count, ""),
    ],
)
def test_values_that_cannot_be_read(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"got .*; pass"):
        read(text)


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


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from segprior import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"segprior {__version__}\n"


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "foreground" in out
    assert "prior" in out
