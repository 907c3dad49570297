from __future__ import annotations

import os
import subprocess
import sys
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.image.noise import noise_of
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.candidate import Candidate
from segprior.methods.foreground.choice import choose, read
from tests.helpers.readings import textured


def picture(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Two colours, with a little noise."""
    colour = np.where(mask[..., None], (0.8, 0.5, 0.3), (0.3, 0.4, 0.5))
    return (colour + np.random.default_rng(0).normal(0, 0.02, colour.shape)).astype(np.float32)


def candidate(kind: Literal["object", "things"], mask: NDArray[np.bool_]) -> Candidate:
    return Candidate(kind=kind, share=mask.astype(np.float32), score=1.0, evidence={})


def test_many_pieces_that_explain_the_colours_are_things_and_one_large_one_is_an_object() -> None:
    many, one = np.zeros((2, 120, 160), bool)
    for row in range(10, 110, 20):
        for column in range(10, 150, 20):
            many[row : row + 7, column : column + 7] = True
    one[20:110, 30:130] = True
    none = np.zeros_like(one)
    spots = choose(picture(many), candidate("object", none), candidate("things", many))
    large = choose(picture(one), candidate("object", one), candidate("things", one))
    # The threshold takes a part of a large thing, and leaves most of the colours in the ground.
    torn = choose(picture(one), candidate("object", one), candidate("things", one & many))
    assert (spots[0].kind, large[0].kind, torn[0].kind) == ("things", "object", "object")
    assert 0 <= large[1] < 0.5 < 0.9 < spots[1] <= 1


def test_a_ground_of_many_colours_speaks_against_things() -> None:
    mask = np.zeros((120, 160), bool)
    mask[40:60, 30:50] = mask[80:95, 90:110] = mask[20:40, 120:140] = True
    plain = picture(mask)
    rich = plain.copy()
    rich[:, :80] += 0.4
    readings = candidate("object", np.zeros_like(mask)), candidate("things", mask)
    assert choose(rich, *readings)[1] < choose(plain, *readings)[1]


def test_who_counts_things_gets_them_sooner() -> None:
    mask = np.zeros((120, 160), bool)
    mask[20:80, 20:100] = mask[95:110, 110:140] = True
    given = picture(mask), candidate("object", mask), candidate("things", mask)
    found, probability = choose(*given)
    assert 0.2 < probability < 0.5
    assert found.kind == "object"
    assert choose(*given, counted=True)[0].kind == "things"


def test_nothing_found_in_either_reading_is_no_error() -> None:
    none = np.zeros((16, 16), bool)
    found, probability = choose(picture(none), candidate("object", none), candidate("things", none))
    assert found.kind in ("object", "things")
    assert 0 <= probability <= 1


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
