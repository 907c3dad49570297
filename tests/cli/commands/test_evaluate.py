from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from segprior.evaluation.evaluate import Interrupted
from segprior.metrics import label_boundaries
from segprior.runtime.processes import run_jobs
from tests.helpers.folders import names


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("images", "masks", "truth", "made", "bad"):
        (tmp_path / name).mkdir()
    for number in range(3):
        mask = np.zeros((24, 32), np.uint8)
        mask[6 : 14 + number, 8 : 20 + number] = 1
        image = np.stack([60 + 150 * mask] * 3, axis=-1).astype(np.uint8)
        Image.fromarray(image).save(f"images/s{number}.png")
        Image.fromarray(255 * mask).save(f"masks/s{number}.png")
        Image.fromarray(mask + 1).save(f"truth/s{number}.png")
        Image.fromarray(mask + 1).save(f"made/s{number}.png")
    for number in range(2):
        Image.fromarray(np.zeros((9, 9), np.uint8)).save(f"bad/s{number}.png")
    return tmp_path


FOREGROUND = ["evaluate", "foreground", "--images", "images", "--masks", "masks"]
REGIONS = ["evaluate", "regions", "--images", "images", "--truth", "truth"]


def test_the_table_goes_to_standard_output(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = names(here)
    assert main([*REGIONS, "--predictions", "made/", "-m", "blank", "--boundaries"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split()[-8:-2] == ["P", "R", "F", "segments", "labels", "s/image"]
    assert lines[1].split()[:3] == ["made/", "3", "1.000"]
    assert lines[2].startswith("blank")
    assert err == ""
    assert names(here) == before


def test_files_on_request(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["-m", "otsu", "-m", "kmeans:k=2", "-o", "t.csv", "--per-image", "all.csv", "-q"]
    assert main([*FOREGROUND, *words, "--save-predictions", "kept"]) == 0
    assert capsys.readouterr().out == ""
    with Path("t.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["iou"] for row in csv.DictReader(stream)] == ["1.0", "1.0"]
    with Path("all.csv").open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 6
    assert names(here / "kept") == ["kmeans_k=2", "otsu"]
    assert len((here / "t.rows.jsonl").read_bytes().splitlines()) == 6


def test_things_one_by_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "instances", "--images", "images", "--truth", "made"]
    for path in (here / "made").iterdir():
        Image.fromarray(np.asarray(Image.open(path)) - np.uint8(1)).save(path)
    assert main([*words, "-m", "otsu", "-m", "blank", "--predictions", "made"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:6] == ["method", "images", "AP50", "AP75", "AP", "count"]
    assert [line.split()[2] for line in lines[1:4]] == ["1.000", "1.000", "0.000"]
    assert main(words) == 2
    assert "add --predictions DIR or --method, one of fast, " in capsys.readouterr().err


def test_the_curve_of_hierarchies(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (here / "made").iterdir():
        labels = np.asarray(Image.open(path))
        contours = np.zeros((49, 65), np.uint16)
        contours[2::2, 2::2] = 40000 * label_boundaries(labels)
        contours[2:-1:2, 1::2] = 40000 * (labels[1:] != labels[:-1])
        contours[1::2, 2:-1:2] = 40000 * (labels[:, 1:] != labels[:, :-1])
        contours[[0, -1]], contours[:, [0, -1]] = contours[[1, -2]], contours[:, [1, -2]]
        Image.fromarray(contours).save(path)
    words = ["--predictions", "made", "--curve", "--boundaries", "--thresholds", "9"]
    assert main([*REGIONS, *words, "--span", ".1,.9", "-o", "t.json", "--limit", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split()[:4] == ["method", "images", "SC", "ODS"]
    assert out.splitlines()[1].split()[:4] == ["made", "2", "1.000", "1.000"]
    assert err == ""
    curve = json.loads((here / "t.json").read_text(encoding="utf-8"))["methods"][0]["curve"]
    assert curve["thresholds"] == pytest.approx([k / 10 for k in range(1, 10)])
    assert curve["sc"][:6] == [1] * 6
    assert curve["segments"] == [2] * 6 + [1] * 3
    assert len(curve["f"]) == 30


def test_every_limit_seed_and_store(here: Path) -> None:
    words = ["-m", "kmeans", "--every", "2", "--limit", "1", "--seed", "7", "--store", "kept/here"]
    assert main([*FOREGROUND, *words, "-o", "t.json"]) == 0
    content = json.loads((here / "t.json").read_text(encoding="utf-8"))
    assert [row["image"] for row in content["images"]] == ["s0"]
    assert content["methods"][0]["settings"]["seed"] == 7
    assert (here / "kept" / "here" / "rows.jsonl").is_file()
    assert not (here / "t.rows.jsonl").exists()


def test_some_failures_are_1_and_all_are_2(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "images" / "s1.png").write_bytes(b"")
    assert main([*FOREGROUND, "-m", "otsu"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("segprior: s1, otsu: images/s1.png")
    assert len(err.splitlines()) == 1
    assert "failed" in out
    assert main([*REGIONS, "--predictions", "bad", "--limit", "2"]) == 2
    assert "9 x 9 pixels, but its truth has 24 x 32" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate"], "no kind; choose regions, foreground or instances"),
        (["evaluate", "photos"], "no kind 'photos'; choose regions, foreground or instances"),
        (["evaluate", "region"], "no kind 'region' (did you mean 'regions'?); choose regions,"),
        ([*REGIONS[:2], "--truth", "truth", "-m", "blank"], "no --images"),
        ([*FOREGROUND[:4], "-m", "blank"], "no --masks; name a folder with --masks DIR"),
        ([*REGIONS[:4], "-m", "blank"], "no --truth; name a folder with --truth DIR"),
        (REGIONS, "nothing to score; add --predictions DIR or --method, one of fast, "),
        ([*REGIONS, "-m", "felzenswalb"], "did you mean 'felzenszwalb'?"),
        ([*REGIONS, "-m", "kmeans:k=x"], "got k='x'; pass a whole number"),
        ([*REGIONS, "-m", "kmeans:k=0"], "got k=0"),
        ([*FOREGROUND, "-m", "fast:members=0"], "got members=0"),
        ([*FOREGROUND, "-m", "blank", "--every", "0"], "got --every 0"),
        ([*FOREGROUND, "-m", "blank", "--every", "x"], "--every: got 'x'"),
        ([*FOREGROUND, "-m", "blank", "--workers", "0"], "got --workers 0"),
        ([*FOREGROUND, "-m", "blank", "--seed", "-1"], "got seed -1"),
        ([*FOREGROUND, "-m", "blank", "-o", "t.xlsx"], "got -o t.xlsx; end it in .csv or .json"),
        ([*FOREGROUND, "-m", "blank", "-o", "no/t.csv"], "no folder no"),
        ([*FOREGROUND, "-m", "blank", "--per-image", "t.json"], "end it in .csv"),
        ([*FOREGROUND, "-m", "blank", "-o", "t.csv", "--per-image", "t.csv"], "are one file"),
        ([*FOREGROUND, "-m", "blank", "--store", "images/s0.png"], "cannot keep results in"),
        ([*FOREGROUND, "-m", "blank", "--save-predictions", "images/s0.png"], "cannot make the"),
        ([*FOREGROUND, "--boundaries"], "no option '--boundaries'"),
        ([*FOREGROUND, "--curve"], "no option '--curve'"),
        ([*REGIONS, "-m", "slic", "--curve"], "slic makes one label map, so it has no curve"),
        ([*REGIONS, "-m", "fast", "--thresholds", "9"], "--thresholds says where curves are cut"),
        ([*REGIONS, "-m", "fast", "--curve", "--thresholds", "1"], "got --thresholds 1; pass a"),
        ([*REGIONS, "-m", "fast", "--curve", "--span", "4"], "--span: got '4'"),
        ([*REGIONS, "-m", "fast", "--curve", "--span", "4,2"], "pass the first and the last"),
        (
            [*REGIONS, "-m", "fast", "--curve", "--save-predictions", "kept"],
            "--save-predictions keeps label maps",
        ),
        ([*FOREGROUND, "-m", "blank", "more"], "has no use for 'more'"),
        ([*FOREGROUND, "--method"], "--method/-m needs a value"),
        ([*REGIONS, "--predictions", "nowhere"], "cannot list nowhere"),
        ([*REGIONS, "--predictions", "slic", "-m", "slic"], "write the folder ./slic"),
        ([*REGIONS, "--predictions", "bad"], "no prediction in bad for 1 of 3 images: s2;"),
        (["evaluate", "regions", "--images", "x", "--truth", "t", "-m", "blank"], "cannot list x"),
    ],
)
def test_wrong_words_are_one_line_and_2(
    here: Path, capsys: pytest.CaptureFixture[str], words: Sequence[str], message: str
) -> None:
    before = names(here)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert err.startswith("segprior: ")
    assert err.count("\n") == 1
    assert out == ""
    assert names(here) == before


@pytest.mark.parametrize("kept", [True, False])
def test_an_interruption_says_how_to_go_on(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    def stopping(*arguments: Any) -> Any:
        for count, result in enumerate(run_jobs(*arguments)):
            if count == 2:
                raise KeyboardInterrupt
            yield result

    words = [*FOREGROUND, "-m", "otsu", *(["-o", "t.csv"] if kept else [])]
    with monkeypatch.context() as patch:
        patch.setattr("segprior.evaluation.evaluate.run_jobs", stopping)
        assert main(words) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert "otsu" in err
    last = err.splitlines()[-1]
    assert last.startswith("segprior: interrupted; 2 of 3 results are ")
    assert ("kept in t.rows.jsonl; run the same command again" in last) == kept
    assert not (here / "t.csv").exists()
    assert main(words) == 0


def test_ctrl_c_ends_the_workers_and_keeps_what_is_finished(here: Path) -> None:
    slow = "fast:iterations=100000,members=1"
    words = [*FOREGROUND, "-m", "blank", "-m", slow, "--workers", "2", "-o", "t.csv"]
    child = subprocess.Popen(
        [sys.executable, "-m", "segprior", *words],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    store = here / "t.rows.jsonl"
    try:
        deadline = time.monotonic() + 120
        while not (store.exists() and store.read_bytes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == 130
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("segprior: interrupted; ")
    assert json.loads(store.read_text(encoding="utf-8").splitlines()[0])["row"]["mask"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["evaluate", "--help"], "segprior evaluate foreground --images DIR --masks DIR"),
        (["evaluate", "regions", "-h"], "felzenszwalb   scale=300.0, sigma=0.8, min_size=50"),
        (["evaluate", "foreground", "--help"], "grabcut        inset=0.08, iterations=5"),
    ],
)
def test_help_lists_the_methods_and_loads_nothing_heavy(
    words: Sequence[str], expected: str
) -> None:
    heavy = ("torch", "sklearn", "skimage", "scipy", "matplotlib", "cv2", "tifffile")
    code = (
        f"import sys; from segprior.cli import main; code = main({list(words)!r});"
        f"print(code, [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert expected in done.stdout
    assert done.stdout.splitlines()[-1] == "0 []"


def test_interrupted_is_a_keyboard_interrupt() -> None:
    assert issubclass(Interrupted, KeyboardInterrupt)
