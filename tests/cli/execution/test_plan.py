from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from segprior.cli import main
from segprior.cli.execution.plan import are_several, endings_beside, make_plan
from segprior.errors import ConfigError
from tests.helpers.commands import QUICK, feed, picture
from tests.helpers.folders import names, pixels


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


def test_an_image_named_twice_is_done_once(photo: Path, tmp_path: Path) -> None:
    assert main(["foreground", str(photo), str(photo), "-o", str(tmp_path / "out"), *QUICK]) == 0
    assert names(tmp_path / "out") == ["photo.png"]


def test_standard_output_is_the_default_for_standard_input(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    feed(monkeypatch, photo.read_bytes())
    assert main(["foreground", "-", *QUICK]) == 0
    out, err = capsysbinary.readouterr()
    assert out.startswith(b"\x89PNG")
    assert err == b""


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


def test_nothing_is_made_when_there_is_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    plan = make_plan([str(tmp_path / "empty")], str(tmp_path / "out"), suffixes=(".png",))
    assert (plan.jobs, len(plan.failures)) == ([], 1)
    assert names(tmp_path) == ["empty"]


@pytest.mark.parametrize("folder", [True, False])
def test_several_results_of_one_image_are_told_apart(photo: Path, folder: bool) -> None:
    kinds = ["1", "0.5_table", "1_overlay", "hierarchy", "ucm"]
    place = {"ucm": photo.parent / "costs.npy"}
    plan = make_plan(
        [str(photo)], f"{photo.parent}/{'new/' if folder else 'out.OME.tif'}", extras=kinds,
        suffixes=(".tif",), ending=".ome.tif", cuts=("0.5", "1"), places=place,
    )  # fmt: skip
    (job,) = plan.jobs
    assert job.output is not None
    stem, end = ("photo", ".ome.tif") if folder else ("out", ".OME.tif")
    assert job.output.name == f"{stem}_0.5{end}"
    assert {kind: path.name for kind, path in job.extras.items()} == {
        "1": f"{stem}_1{end}", "0.5_table": f"{stem}_0.5_table.csv",
        "1_overlay": f"{stem}_1_overlay.png", "hierarchy": f"{stem}_hierarchy.npz",
        "ucm": "costs.npy",
    }  # fmt: skip
    assert job.cuts == ("1",)


def test_files_with_a_place_of_their_own(photo: Path) -> None:
    folder = photo.parent
    (job,) = make_plan(
        [str(photo)], "-", extras=["ucm"], suffixes=(".png",), places={"ucm": folder / "u.npy"}
    ).jobs
    assert (job.output, job.extras) == (None, {"ucm": folder / "u.npy"})
    for output in ("-", folder / "out.png"):
        for place, match in ((photo, "over the input"), (folder / "none" / "u.npy", "no folder")):
            refuse([photo], output, match, extras=["ucm"], places={"ucm": place})


def test_what_names_beside_a_result_end_in() -> None:
    ends = endings_beside(["1", "0.5_table", "table", "overlay", "hierarchy"], ("0.5", "1"), ".tif")
    assert list(ends.values()) == [".tif", ".csv", ".csv", ".png", ".npz"]


def test_what_may_be_more_than_one_image(photo: Path) -> None:
    assert not are_several([str(photo)])
    assert not are_several(["-"])
    assert are_several([str(photo.parent)])
    assert are_several([str(photo), "other.png"])
    (photo.parent / "one.zarr").mkdir()
    (photo.parent / "one.zarr" / ".zarray").write_text("{}")
    assert not are_several([str(photo.parent / "one.zarr")])
