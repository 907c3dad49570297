"""A batch that is killed again and again, at any moment: nothing is lost, and nothing done twice.

``python -m tests.batch.test_kills 200`` kills so many times.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segprior.io.files.durable import content

IMAGES = 40
WORDS = [
    "-m", "segprior", "batch", "foreground", "in", "-o", "out", "--json", "--workers", "2",
    "--overlay", "--features", "image", "--preset", "dsp", "--n-init", "20",
]  # fmt: skip


def lay_out(folder: Path) -> None:
    (folder / "in" / "sub").mkdir(parents=True)
    for number in range(IMAGES):
        values = np.full((32, 40, 3), 60, np.uint8)
        values[8:24, 5 + number // 4 : 25] = (230, 120, 40 + number)
        name = f"{'sub/' * (number % 2)}{number:02}.png"
        Image.fromarray(values).save(folder / "in" / name)


def begin(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *WORDS], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        return [int(word) for word in children.read_text().split()]
    except OSError:
        return []


def told(text: str) -> list[dict[str, Any]]:
    """The lines that came out whole."""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def check(folder: Path, known: dict[str, dict[str, Any]]) -> None:
    """All that was told of is in the manifest, once, and in the files."""
    lines = (folder / "out" / "manifest.jsonl").read_bytes().split(b"\n")[:-1]
    rows = [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]
    names = [row["input"] for row in rows]
    assert len(set(names)) == len(names), "a double line"
    assert set(known) <= set(names), "a lost line"
    for row in rows:
        for name, hashed in zip(row["files"], row["hashes"], strict=True):
            assert content(folder / "out" / name) == hashed, f"{name} is lost"


def kill_often(folder: Path, kills: int, seed: int = 0) -> dict[str, int]:
    """Kill the command, its workers or all of them, and go on, until there were enough kills."""
    chance = random.Random(seed)
    lay_out(folder)
    whole = begin(folder)
    wanted, errors = whole.communicate()
    assert (whole.returncode, errors) == (0, "")
    right = {row["input"]: row["hashes"] for row in told(wanted)}
    assert len(right) == IMAGES
    counts = {"kills": 0, "of the command": 0, "of a worker": 0, "of all": 0, "batches": 0}
    known: dict[str, dict[str, Any]] = {}
    shutil.rmtree(folder / "out")
    while counts["kills"] < kills:
        process = begin(folder)
        time.sleep(chance.uniform(0.2, 4.0))
        whom = chance.choice(("of the command", "of a worker", "of all"))
        if process.poll() is None:
            workers = workers_of(process)
            if whom == "of all":
                os.killpg(process.pid, signal.SIGKILL)
            elif whom == "of a worker" and len(workers) > 1:
                os.kill(workers[-1], signal.SIGKILL)
                counts["kills"] += 1
                counts[whom] += 1
                time.sleep(chance.uniform(0.0, 1.0))
                whom = "of the command"
            if process.poll() is None:
                process.kill()
            counts["kills"] += 1
            counts["of the command" if whom == "of a worker" else whom] += 1
        output, errors = process.communicate()
        assert "report it" not in errors
        assert "passed over" not in errors
        for row in told(output):
            assert row["error"] is None, row
            assert row["input"] not in known, f"{row['input']} was done twice"
            assert row["hashes"] == right[row["input"]]
            known[row["input"]] = row
        if (folder / "out" / "manifest.jsonl").exists():
            check(folder, known)
        if process.returncode == 0:
            files = [path for path in (folder / "out").rglob("*") if path.is_file()]
            assert len(files) == 2 * IMAGES + 1, "something is left over"
            shutil.rmtree(folder / "out")
            known = {}
            counts["batches"] += 1
    return counts


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the workers")
def test_nothing_is_lost_or_double_after_kills(tmp_path: Path) -> None:
    assert kill_often(tmp_path, 20)["kills"] >= 20


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(kill_often(Path(place), int(sys.argv[1])))
