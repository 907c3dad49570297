from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.callbacks import Event
from segprior.config.double_dip import DoubleDipConfig
from segprior.errors import ConfigError, EmptyResultWarning, ImageError
from segprior.image.pyramid import Pyramid
from segprior.methods.double_dip.api import double_dip, make_hint
from segprior.methods.double_dip.result import DoubleDip
from segprior.methods.foreground.api import foreground
from segprior.prior.prior import fit_prior

QUICK: dict[str, Any] = {"first_iterations": 4, "second_iterations": 4}


def scene(rows: int = 40, columns: int = 52, channels: int = 3) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).normal(0, 0.02, (rows, columns, channels))
    image = np.full((rows, columns, channels), 0.25) + noise
    image[rows // 4 : -rows // 4, columns // 4 : -columns // 4] += 0.5
    return np.clip(image, 0, 1).astype(np.float32)


def rough(rows: int = 40, columns: int = 52) -> NDArray[np.int8]:
    hint = np.zeros((rows, columns), np.int8)
    hint[rows // 3 : -rows // 3, columns // 3 : -columns // 3] = 1
    hint[: rows // 8] = hint[-rows // 8 :] = -1
    return hint


def test_the_object_is_found_from_a_rough_hint() -> None:
    image = scene()
    truth = image[..., 0] > 0.5
    found = double_dip(
        image, rough(), first_iterations=60, second_iterations=60, learning_rate=0.01
    )
    both = (found.mask > 0) & truth
    assert both.sum() / ((found.mask > 0) | truth).sum() > 0.9
    assert (rough() > 0).sum() < 0.5 * truth.sum()
    assert found.psnr > 15


def test_a_mask_of_all_or_nothing_is_warned_of() -> None:
    with pytest.warns(EmptyResultWarning, match="try hint='saliency', a hint of your own") as told:
        found = double_dip(scene(21, 37, 1), rough(21, 37), working_size=24, **QUICK)
    assert len(told) == 1
    assert found.segmentation.empty
    assert found.warning is told[0].message


@pytest.mark.filterwarnings("ignore::segprior.EmptyResultWarning")
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_shapes_types_and_ranges(channels: int) -> None:
    image = scene(21, 37, channels)
    found = double_dip(image, rough(21, 37), working_size=24, snapshots=(3, 8), **QUICK)
    assert isinstance(found, DoubleDip)
    assert found.mask.shape == found.soft_mask.shape == found.hint.shape == (21, 37)
    assert found.mask.dtype == np.uint8
    assert found.soft_mask.dtype == np.float32
    assert 0 <= found.soft_mask.min() <= found.soft_mask.max() <= 1
    np.testing.assert_array_equal(found.mask, found.soft_mask > 0.5)
    for layer in (found.foreground, found.background, found.composed):
        assert layer.shape == image.shape
    assert found.fitted["mask"].shape == (14, 24)
    assert found.snapshots[8]["mask"].shape == (14, 24)
    assert len(found.curves["psnr"]) == 8
    assert found.config.working_size == 24


def test_the_same_seed_gives_the_same_result() -> None:
    one, two, three = (double_dip(scene(), rough(), rng=seed, **QUICK) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.soft_mask, two.soft_mask)
    assert not np.array_equal(one.soft_mask, three.soft_mask)
    assert one.seed == 3


def test_integers_floats_and_axes_are_one_image() -> None:
    image = np.rint(scene() * 255).astype(np.uint8)
    expected = double_dip(image, rough(), **QUICK).soft_mask
    moved = np.moveaxis(image, -1, 0)
    np.testing.assert_array_equal(
        double_dip(moved, rough(), channel_axis=0, **QUICK).soft_mask, expected
    )
    np.testing.assert_allclose(
        double_dip(image / 255.0, rough(), **QUICK).soft_mask, expected, atol=1e-4
    )


def test_the_default_hint_is_the_mask() -> None:
    found = double_dip(scene(), **QUICK)
    mask = foreground(scene()).labels
    np.testing.assert_array_equal(found.hint, np.where(mask > 0, 1, -1))


@pytest.mark.parametrize("saliency", ["background", "spectral"])
@pytest.mark.parametrize("on", ["image", "prior"])
def test_saliency_marks_a_few(saliency: str, on: str) -> None:
    options = DoubleDipConfig.preset(hint="saliency", saliency=saliency, saliency_of=on)
    image = scene()
    hint = make_hint(Pyramid(image), options)
    assert (hint > 0).any()
    assert (hint < 0).any()
    if saliency == "background":
        assert (image[hint > 0].mean(-1) > 0.5).mean() > 0.9
        assert (image[hint < 0].mean(-1) < 0.5).mean() > 0.9


def test_a_word_for_a_hint_is_the_option() -> None:
    found = double_dip(scene(), "saliency", **QUICK)
    assert found.config.hint == "saliency"
    assert (found.hint == 0).any()


def test_a_prior_is_used_for_the_hint() -> None:
    image = scene()
    prior = fit_prior(image, members=1, iterations=5)
    stages: list[str] = []
    found = double_dip(image, prior=prior, callback=lambda e: stages.append(e.stage), **QUICK)
    assert set(stages) == {"double-dip step 1", "double-dip step 2"}
    np.testing.assert_array_equal(found.hint > 0, foreground(image, prior=prior).labels > 0)


@pytest.mark.parametrize("hint_preset", ["fast", "dsp"])
def test_the_callback_hears_of_every_stage(hint_preset: str) -> None:
    stages: list[str] = []

    def hear(event: Event) -> None:
        stages.append(event.stage)

    double_dip(scene(), callback=hear, hint_preset=hint_preset, **QUICK)
    # The default mask needs no prior.
    fitted = ["prior"] if hint_preset == "dsp" else []
    assert list(dict.fromkeys(stages)) == [*fitted, "double-dip step 1", "double-dip step 2"]


def test_a_hint_of_another_size_is_matched(tmp_path: Path) -> None:
    hint = rough(20, 26)
    found = double_dip(scene(), hint, **QUICK)
    np.testing.assert_array_equal(found.hint, hint.repeat(2, 0).repeat(2, 1))
    file = tmp_path / "hint.npy"
    np.save(file, hint)
    np.testing.assert_array_equal(double_dip(scene(), file, **QUICK).hint, found.hint)


def test_the_better_of_the_two_ends_is_kept() -> None:
    found = double_dip(scene(), rough(), **QUICK)
    ends = [found.curves["psnr"][3], found.curves["psnr"][7]]
    assert found.psnr == max(ends)
    assert found.step == 1 + int(np.argmax(ends))


def test_without_a_filter_the_mask_is_the_generators_own() -> None:
    found = double_dip(scene(), rough(), radius=0, **QUICK)
    np.testing.assert_allclose(found.soft_mask, found.fitted["mask"], atol=1e-5)


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (np.zeros((40, 52), np.int8), "marks no foreground"),
        (np.ones((40, 52), bool), "marks no background"),
        ("missing.png", "missing.png"),
    ],
)
def test_empty_full_and_missing_hints_are_refused(hint: Any, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        double_dip(scene(), hint)


@pytest.mark.parametrize("word", ["mask", "saliency"])
def test_an_image_of_one_colour_has_no_hint(word: str) -> None:
    with pytest.raises(ImageError, match=rf"the {word} of this image .* marks no foreground"):
        double_dip(np.full((16, 16, 3), 0.5), word)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hint": rough(), "prior": 1}, "a hint of its own"),
        ({"preset": "slow"}, "no preset 'slow'"),
        ({"radius": -1}, "radius=-1"),
        ({"saliency": "deep"}, "saliency='deep'"),
        ({"salient_above": 10.0}, "salient_above=10"),
        ({"stage": 0}, "stage=0"),
        ({"push_weight": -1.0}, "push_weight=-1"),
        ({"snapshots": (5000,)}, "iteration 5000"),
        ({"working_size": 3}, "working_size=3"),
    ],
)
def test_wrong_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        double_dip(scene(), **options)


def test_a_prior_without_use_is_refused() -> None:
    prior = fit_prior(scene(), members=1, iterations=2)
    with pytest.raises(ConfigError, match="saliency_of='image'"):
        double_dip(scene(), "saliency", prior=prior)
    with pytest.raises(ConfigError, match="one of shape"):
        double_dip(scene(24, 24), prior=prior)
