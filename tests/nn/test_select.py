from __future__ import annotations

import os
import subprocess
import sys

import pytest

from segprior.errors import ConfigError
from segprior.nn.select import compiled_is_for
from segprior.runtime import loops


def test_a_cpu_takes_the_compiled_loops_where_there_are_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loops, "are_there", lambda: True)
    assert compiled_is_for("cpu")
    monkeypatch.setattr(loops, "are_there", lambda: False)
    assert not compiled_is_for("cpu")


def test_with_neither_both_cures_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "are_there", lambda: False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match=r"C\+\+ compiler.* pip install .segprior\[torch\]"):
        compiled_is_for("cpu")


WITHOUT_TORCH = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, Without())
import numpy as np, segprior
image = np.random.default_rng(0).random((40, 48, 3)).astype("f4")
image[10:30, 12:36] += 0.5
print(segprior.fit_prior(image, members=1, iterations=2).image.shape)
print(segprior.foreground(image).labels.shape, segprior.segment(image).labels.shape)
for preset in ("backprop", "fast"):
    print(segprior.segment(image, preset=preset).labels.shape)
hint = np.zeros((40, 48), np.int8); hint[15:25, 18:30] = 1; hint[:5] = -1
print(segprior.double_dip(image, hint, first_iterations=2, second_iterations=2).mask.shape)
"""


def test_a_cpu_needs_no_pytorch() -> None:
    if not loops.are_there():
        pytest.skip("no compiled loops")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    assert done.stdout.count("(40, 48") == 6


def test_without_loops_the_number_of_threads_changes_nothing() -> None:
    code = (
        "import numpy as np, segprior, sys\n"
        "image = np.random.default_rng(0).random((48, 64, 3))\n"
        "prior = segprior.fit_prior(image, members=2, iterations=3)\n"
        "parts = segprior.segment(image, preset='backprop', iterations=3)\n"
        "sys.stdout.write(prior.image.tobytes().hex() + parts.labels.tobytes().hex())"
    )
    results = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "SEGPRIOR_LOOPS": "none",
                "OMP_NUM_THREADS": number,
            },
            capture_output=True,
            check=True,
        ).stdout
        for number in ("1", "2")
    ]
    assert results[0] == results[1] != b""
