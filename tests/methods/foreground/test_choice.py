from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from segprior.image.noise import noise_of
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.candidate import Candidate
from segprior.methods.foreground.choice import choose, read
from tests.helpers.readings import textured


def test_agreement_speaks_for_an_object_and_a_flat_side_for_things() -> None:
    def readings(agreement: float, flatness: float) -> tuple[Candidate, Candidate]:
        share = np.zeros((8, 8), np.float32)
        one = Candidate(kind="object", share=share, score=0, evidence={"agreement": agreement})
        many = Candidate(kind="things", share=share, score=0, evidence={"flatness": flatness})
        return one, many

    flat, torn = choose(*readings(0.4, 0.1)), choose(*readings(0.4, 0.9))
    sure = choose(*readings(1.0, 0.1))
    assert (flat[0].kind, torn[0].kind, sure[0].kind) == ("things", "object", "object")
    assert 0 <= torn[1] < 0.5 < flat[1] <= 1
    assert sure[1] < flat[1]


def test_reading_of_an_image_as_such() -> None:
    image, _ = textured(48)
    assert read(Pyramid(image), 0).kind == "object"
    assert read(Pyramid(image), 0, "things").kind == "things"


def test_noise_is_told_and_does_not_hide_the_object() -> None:
    clean = np.full((96, 128, 3), 0.35, np.float32)
    clean[30:70, 40:90] = (0.7, 0.5, 0.3)
    noisy = clean + np.random.default_rng(0).normal(0, 0.1, clean.shape).astype(np.float32)
    assert noise_of(clean) == 0
    assert abs(noise_of(noisy) - 0.1) < 0.01
    inside = np.zeros((96, 128), bool)
    inside[30:70, 40:90] = True
    found = read(Pyramid(np.clip(noisy, 0, 1)), 0)
    mask = found.share > 0.5
    assert (mask & inside).sum() / (mask | inside).sum() > 0.85
    assert found.levels is None


CODE = """
import numpy as np, segprior
image = np.random.default_rng(0).random((64, 96, 3)).astype("f4") * np.float32(0.2)
image[20:50, 30:70] += 0.5
print(segprior.foreground(image).labels.shape)
"""


@pytest.mark.parametrize("loops", ["", "none"])
def test_libraries_are_whole_when_threads_need_them(loops: str) -> None:
    """In new processes, on small pictures, whose cuts end while libraries would be loading."""
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", CODE],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SEGPRIOR_LOOPS": loops},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stderr
        assert done.stdout == "(64, 96)\n"
