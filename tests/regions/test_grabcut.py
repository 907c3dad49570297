from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.regions.grabcut import as_picture, cut, inside
from segprior.runtime import loops
from tests.helpers.scenes import coloured_object as scene


@pytest.fixture(params=["compiled", "plain"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All tests with the compiled loops, and without."""
    if request.param == "plain":
        monkeypatch.setattr(loops, "are_there", lambda: False)
    elif not loops.are_there():
        pytest.skip("no compiled loops")


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_a_picture_is_rgb_of_8_bits(channels: int) -> None:
    image = np.random.default_rng(0).random((9, 11, channels)).astype(np.float32)
    picture = as_picture(image)
    assert picture.shape == (9, 11, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    if channels in (1, 3):
        np.testing.assert_array_equal(picture, np.rint(image * 255).repeat(3 // channels, 2))


def test_a_rectangle_has_a_pixel_at_least() -> None:
    assert inside((100, 200, 3), 0.1) == (slice(10, 90), slice(20, 180))
    assert inside((8, 8), 0.0) == (slice(0, 8), slice(0, 8))
    rows, columns = inside((1, 3), 0.49)
    assert rows.stop > rows.start
    assert columns.stop > columns.start


def test_the_object_is_cut_out_of_a_rectangle() -> None:
    picture, truth = scene()
    box = np.zeros(truth.shape, bool)
    box[5:43, 8:60] = True
    found = cut(picture, box, 0, ground=~box)
    assert found.dtype == bool
    assert iou(found, truth) > 0.99
    assert not found[~box].any()


def test_a_guess_may_grow_where_the_ground_is_not_given() -> None:
    picture, truth = scene()
    guess = np.zeros(truth.shape, bool)
    guess[16:30, 24:40] = True
    grown = cut(picture, guess, 0)
    assert iou(grown, truth) > 0.99
    np.testing.assert_array_equal(cut(picture, guess, 0, ground=~guess) & ~guess, False)


@pytest.mark.parametrize("few", [0, 4])
def test_too_little_to_learn_from_changes_nothing(few: int) -> None:
    picture, truth = scene()
    likely = np.zeros(truth.shape, bool)
    likely.flat[:few] = True
    np.testing.assert_array_equal(cut(picture, likely, 0), likely)
    np.testing.assert_array_equal(cut(picture, ~likely, 0), ~likely)


def test_what_is_given_is_left_as_it_was() -> None:
    picture, truth = scene()
    before = picture.copy(), truth.copy()
    cut(picture, truth, 0, ground=~truth)
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(truth, before[1])


def test_a_seed_of_any_size_repeats() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    box = np.zeros((40, 40), bool)
    box[6:34, 6:34] = True
    for seed in (0, 2**31 + 5, 2**40):
        np.testing.assert_array_equal(cut(picture, box, seed), cut(picture, box, seed))
    for seed in (0, -3):
        np.testing.assert_array_equal(cut(picture, box, seed), cut(picture, box, seed % 2**64))


def test_what_is_ground_is_never_object() -> None:
    picture, truth = scene()
    ground = np.zeros(truth.shape, bool)
    ground[:, :24] = True  # some of the object too
    found = cut(picture, truth, 0, ground=ground)
    assert not found[ground].any()
    assert iou(found, truth & ~ground) > 0.99
    few = truth & ~ground
    few[13:] = False
    few[:, 28:] = False
    np.testing.assert_array_equal(cut(picture, few | ground, 0, ground=ground), few)


def test_one_colour_and_two_are_no_trouble() -> None:
    flat = np.full((20, 30, 3), 77, np.uint8)
    box = np.zeros((20, 30), bool)
    box[5:15, 8:22] = True
    assert not cut(flat, box, 0, ground=~box)[~box].any()
    flat[box] = (200, 10, 10)
    np.testing.assert_array_equal(cut(flat, box, 0, ground=~box), box)
    np.testing.assert_array_equal(cut(flat, box, 0), box)


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (2, 8), (3, 3)])
def test_narrow_pictures(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    likely = np.zeros(shape, bool)
    likely.flat[: likely.size // 2 + 1] = True
    found = cut(picture, likely, 0)
    assert found.shape == shape
    assert found.dtype == bool


def test_a_view_is_taken_as_well() -> None:
    picture, truth = scene()
    found = cut(picture, truth, 0, ground=~truth)
    wide = np.repeat(picture, 2, 1)[:, ::2]
    np.testing.assert_array_equal(cut(wide, truth, 0, ground=(~truth.T.copy()).T), found)


def test_more_noise_moves_the_edge_a_little() -> None:
    picture, truth = scene(noise=70)
    box = np.zeros(truth.shape, bool)
    box[5:43, 8:60] = True
    assert iou(cut(picture, box, 0, ground=~box), truth) > 0.9


@pytest.mark.parametrize("seed", range(4))
def test_opencv_cuts_the_same(seed: int) -> None:
    cv2: Any = pytest.importorskip("cv2")
    picture, truth = scene(seed, noise=40)
    box = np.zeros(truth.shape, bool)
    box[5:43, 8:60] = True
    labels = np.where(box, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    cv2.grabCut(picture, labels, None, None, None, 5, cv2.GC_INIT_WITH_MASK)
    assert iou(cut(picture, box, 0, ground=~box), labels == cv2.GC_PR_FGD) > 0.98


def test_every_instruction_set_gives_the_same_bytes() -> None:
    code = (
        "import numpy as np\nfrom segprior.regions.grabcut import cut\n"
        "from tests.helpers.scenes import coloured_object\n"
        "picture, truth = coloured_object(noise=90)\n"
        "likely = np.zeros(truth.shape, bool)\nlikely[5:43, 8:60] = True\n"
        "print(cut(picture, likely, 3, ground=~likely).tobytes().hex())"
    )
    found = set()
    for wanted in ("base", "avx2", "avx512"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"SEGPRIOR_LOOPS": wanted, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if "this processor has no" not in done.stderr and "not built here" not in done.stderr:
            found.add(done.stdout)
    assert len(found) == 1
    assert "01" in found.pop()
