from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from threadpoolctl import threadpool_limits

from segprior.errors import ConfigError, ImageError
from segprior.methods.foreground.api import foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.metrics.instances import average_precision
from segprior.prior.prior import Prior, fit_prior
from segprior.result import Segmentation
from tests.helpers.scenes import textured
from tests.helpers.things import discs

QUICK: dict[str, Any] = {"preset": "dsp", "features": "image"}
SHORT: dict[str, Any] = {"preset": "dsp", "members": 2, "iterations": 30, "working_size": 48}


def disc(
    shape: tuple[int, int] = (64, 80), centre: tuple[float, float] = (32, 40), radius: float = 18
) -> NDArray[np.bool_]:
    rows, columns = np.indices(shape)
    inside: NDArray[np.bool_] = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2
    return inside


def paint(inside: NDArray[np.bool_], *, dark: bool = False, seed: int = 0) -> NDArray[np.uint8]:
    """A picture of an object on a ground, each of one colour, with noise."""
    colours = np.array([[60, 70, 50], [190, 160, 170]])
    image = colours[(inside != dark).astype(int)]
    noise = np.random.default_rng(seed).integers(-15, 16, image.shape)
    return np.asarray(image + noise, np.uint8)


def iou(one: NDArray[Any], other: NDArray[Any]) -> float:
    one, other = one.astype(bool), other.astype(bool)
    return float((one & other).sum() / (one | other).sum())


def prior_of(image: NDArray[Any], members: list[NDArray[Any]]) -> Prior:
    """A prior with given members, at the size of the image."""
    fitted = fit_prior(image, members=1, iterations=1, working_size=None)
    stack = np.stack(members).astype(np.float32)
    return dataclasses.replace(fitted, members=stack)


@pytest.mark.parametrize("dark", [False, True], ids=["bright", "dark"])
@pytest.mark.parametrize("options", [QUICK, SHORT], ids=["image", "prior"])
@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(disc(), id="in the middle"),
        pytest.param(disc(centre=(26, 55)), id="off the middle"),
        pytest.param(disc(centre=(63, 40), radius=25), id="at one border"),
    ],
)
def test_a_disc_is_found(dark: bool, options: dict[str, Any], inside: NDArray[np.bool_]) -> None:
    found = foreground(paint(inside, dark=dark), **options)
    assert found.labels.dtype == np.uint8
    assert found.labels.shape == found.confidence.shape == inside.shape
    assert found.confidence.dtype == np.float32
    assert iou(found.labels, inside) > 0.9
    assert found.evidence["polarity"] > 0.5
    # A frame, as windows padded with zeros draw it, would be foreground all along the border.
    frame = np.ones(inside.shape, bool)
    frame[1:-1, 1:-1] = False
    frame &= ~ndimage.binary_dilation(inside, iterations=3)
    np.testing.assert_array_equal(found.labels[frame], 0)


def test_small_bright_things_on_a_dark_ground_are_found() -> None:
    inside = np.zeros((64, 64), bool)
    for row in range(6, 64, 14):
        for column in range(6, 64, 14):
            inside |= disc((64, 64), (row, column), 4)
    found = foreground(paint(inside), window=3, **QUICK)
    assert iou(found.labels, inside) > 0.7


def test_more_clusters_than_two() -> None:
    image = paint(disc(radius=20))
    image[disc(radius=9)] = (200, 20, 20)
    image[:20][~disc(radius=20)[:20]] = (30, 60, 160)
    found = foreground(image, n_clusters=4, window=3, **QUICK)
    assert iou(found.labels, disc(radius=20)) > 0.9
    assert found.evidence["clusters"] == 4
    assert {f"cluster_{i}" for i in range(4)} < set(found.evidence)


def test_the_boundary_is_smooth_at_full_size() -> None:
    inside = disc((320, 400), (160, 200), 90)
    found = foreground(paint(inside), working_size=40, window=1, **QUICK)
    assert iou(found.labels, inside) > 0.9
    # Blocks of 10 pixels would leave 40 different rows at most.
    assert len(np.unique(found.labels, axis=0)) > 60
    assert len(np.unique(found.confidence)) > 1000


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_the_type_of_the_pixels_does_not_matter(dtype: Any) -> None:
    image = paint(disc())
    other = image.astype(dtype) * (257 if dtype == np.uint16 else dtype(1) / dtype(255))
    for options in (QUICK, {**SHORT, "iterations": 8}):
        expected = foreground(image, **options)
        found = foreground(other.astype(dtype), **options)
        np.testing.assert_array_equal(found.labels, expected.labels)


def test_the_place_of_the_channels_does_not_matter() -> None:
    image = paint(disc())
    expected = foreground(image, **QUICK)
    moved = foreground(np.moveaxis(image, -1, 0), channel_axis=0, **QUICK)
    np.testing.assert_array_equal(moved.labels, expected.labels)
    grey = foreground(image[..., 0], channel_axis=None, **QUICK)
    assert iou(grey.labels, disc()) > 0.9


@pytest.mark.parametrize("axis", [0, 1])
def test_flipping_the_image_flips_the_labels(axis: int) -> None:
    image = paint(disc(centre=(26, 55)))
    expected = foreground(image, working_size=40, **QUICK)
    found = foreground(np.flip(image, axis), working_size=40, **QUICK)
    np.testing.assert_array_equal(np.flip(found.labels, axis), expected.labels)
    np.testing.assert_allclose(np.flip(found.confidence, axis), expected.confidence, atol=1e-3)


def test_a_seed_gives_the_same_bytes_on_one_thread_or_two() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (48, 40, 3), np.uint8)
    options: dict[str, Any] = {**SHORT, "iterations": 4, "working_size": 32}
    results = []
    for threads in (1, 2, 2):
        with threadpool_limits(limits=threads):
            found = foreground(image, rng=3, **options)
        results.append((found.labels.tobytes(), found.confidence.tobytes(), found.score))
    assert results[0] == results[1] == results[2]
    other = foreground(image, rng=4, **options)
    assert other.confidence.tobytes() != results[0][1]


def test_a_generator_and_its_seed_agree() -> None:
    image = paint(disc())
    first = foreground(image, rng=np.random.default_rng(1), **QUICK)
    again = foreground(image, rng=first.seed, **QUICK)
    np.testing.assert_array_equal(first.confidence, again.confidence)


def test_invert_swaps_the_labels_and_nothing_else() -> None:
    image = paint(disc())
    plain = foreground(image, **QUICK)
    inverted = foreground(image, invert=True, **QUICK)
    np.testing.assert_array_equal(inverted.labels, 1 - plain.labels)
    np.testing.assert_array_equal(inverted.confidence, plain.confidence)
    assert inverted.evidence == plain.evidence


def test_confidence_is_the_share_of_members_that_agree() -> None:
    inside = disc()
    image = paint(inside)
    clear = inside[..., None].repeat(3, 2).astype(np.float32)
    torn = clear.copy()
    torn[25:39, 33:47] = 0
    found = foreground(image, preset="dsp", prior=prior_of(image, [clear, clear, torn]), window=1)
    expected = np.ones(inside.shape)
    expected[25:39, 33:47] = 2 / 3
    np.testing.assert_array_equal(found.labels, inside)
    np.testing.assert_allclose(found.confidence, expected, atol=1e-6)
    assert found.score == pytest.approx(expected.mean() * found.evidence["polarity"])


def test_confidence_of_one_member_or_of_the_image_is_the_margin() -> None:
    image = np.full((40, 40, 1), 0.2, np.float32)
    image[10:30, 10:30] = 0.8
    image[20, 20] = 0.6
    for found in (
        foreground(image, window=1, **QUICK),
        foreground(image, preset="dsp", prior=prior_of(image, [image]), window=1),
    ):
        near, far = 0.6 - 0.2, 0.8 - 0.6
        assert found.confidence[0, 0] == pytest.approx(1, abs=0.01)
        assert found.confidence[20, 20] == pytest.approx((near - far) / (near + far), abs=0.01)
        assert found.score == pytest.approx(
            found.confidence.mean() * found.evidence["polarity"], rel=1e-5
        )


@pytest.mark.parametrize("members", [1, 3])
def test_specks_and_holes(members: int) -> None:
    inside = disc()
    inside[2:5, 2:5] = True
    inside[30:34, 38:42] = False
    image = paint(inside)
    grey = inside[..., None].repeat(3, 2).astype(np.float32)
    prior = prior_of(image, [grey] * members)
    plain = foreground(image, preset="dsp", prior=prior, window=1)
    np.testing.assert_array_equal(plain.labels, inside)
    dropped = foreground(image, preset="dsp", prior=prior, window=1, min_size=10)
    assert not dropped.labels[2:5, 2:5].any()
    assert not dropped.labels[30:34, 38:42].any()
    kept = foreground(image, preset="dsp", prior=prior, window=1, min_size=9, fill_holes=True)
    assert kept.labels[2:5, 2:5].all()
    assert kept.labels[30:34, 38:42].all()
    np.testing.assert_array_equal(kept.labels != plain.labels, kept.confidence == 0)
    assert (
        foreground(image, preset="dsp", prior=prior, window=1, invert=True, min_size=20).labels[
            31, 40
        ]
        == 0
    )


@pytest.mark.parametrize("options", [QUICK, SHORT], ids=["image", "prior"])
@pytest.mark.parametrize("invert", [False, True])
def test_an_image_of_one_colour_has_no_object(options: dict[str, Any], invert: bool) -> None:
    image = np.full((100, 70, 3), (12, 200, 77), np.uint8)
    found = foreground(image, invert=invert, min_size=3, fill_holes=True, **options)
    assert not found.labels.any()
    assert not found.confidence.any()
    assert found.score == found.evidence["polarity"] == 0


def test_a_prior_of_one_colour_has_no_object() -> None:
    image = paint(disc())
    flat = np.full(image.shape, 0.5, np.float32)
    found = foreground(image, preset="dsp", prior=prior_of(image, [flat, flat]))
    assert not found.labels.any()
    assert found.score == 0


@pytest.mark.parametrize("channels", [1, 2, 5, 20])
@pytest.mark.parametrize("features", ["image", "prior"])
def test_tiny_images_of_any_number_of_channels(channels: int, features: str) -> None:
    image = np.random.default_rng(0).random((8, 9, channels))
    found = foreground(image, preset="dsp", features=features, window=21, members=2, iterations=2)
    assert found.labels.shape == (8, 9)
    assert 0 < found.labels.mean() < 1
    assert 0 <= found.confidence.min() <= found.confidence.max() <= 1
    assert 0 <= found.score <= 1


def test_more_clusters_than_colours() -> None:
    inside = disc()
    found = foreground(inside * np.uint8(255), n_clusters=6, window=1, **QUICK)
    np.testing.assert_array_equal(found.labels, inside)
    assert found.evidence["clusters"] == 2


def test_a_fitted_prior_is_used_as_it_is() -> None:
    image = paint(disc())
    options: dict[str, Any] = {"members": 2, "iterations": 6, "working_size": 32}
    prior = fit_prior(image, rng=7, **options)
    loaded = foreground(image, preset="dsp", prior=prior, rng=7)
    fitted = foreground(image, preset="dsp", rng=7, **options)
    np.testing.assert_array_equal(loaded.labels, fitted.labels)
    np.testing.assert_array_equal(loaded.confidence, fitted.confidence)
    assert isinstance(loaded.config, ForegroundConfig)
    assert loaded.config.prior == prior.config == fitted.config.prior
    assert loaded.seed == 7


def test_what_comes_back() -> None:
    config = ForegroundConfig.preset("dsp", features="image", window=3)
    found = foreground(paint(disc()), config=config, rng=11)
    assert isinstance(found, Segmentation)
    assert (found.config, found.seed) == (config, 11)
    assert found.seconds > 0
    assert all(isinstance(value, float) for value in found.evidence.values())


def test_the_callback_sees_the_fit() -> None:
    stages = []
    foreground(
        paint(disc()), preset="dsp", members=2, iterations=3, working_size=16,
        callback=lambda event: stages.append(event.stage),
    )  # fmt: skip
    assert stages == ["prior"] * 6


def test_wrong_options() -> None:
    image = paint(disc())
    with pytest.raises(ConfigError, match="no option 'windows'"):
        foreground(image, windows=3)
    with pytest.raises(ConfigError, match="window=4"):
        foreground(image, preset="dsp", window=4)
    with pytest.raises(ConfigError, match=r"n_clusters=3 .* K-means: pass preset='dsp' too"):
        foreground(image, n_clusters=3)
    with pytest.raises(ConfigError, match="reading='things' with method='kmeans'"):
        foreground(image, reading="things", **QUICK)
    with pytest.raises(ConfigError, match="no preset 'slow'"):
        foreground(image, preset="slow")
    with pytest.raises(ImageError):
        foreground(np.zeros((1, 1, 3), np.uint8))


def test_a_prior_that_does_not_fit() -> None:
    image = paint(disc())
    prior = fit_prior(image, members=1, iterations=1, working_size=16)
    with pytest.raises(ConfigError, match=r"\(64, 80, 3\) for one of shape \(64, 79, 3\)"):
        foreground(image[:, :-1], prior=prior)
    with pytest.raises(ConfigError, match="features='image'"):
        foreground(image, prior=prior, **QUICK)


def test_things_are_numbered_one_by_one() -> None:
    image, truth = discs()
    found = foreground(image, instances=True, reading="things")
    assert found.kind == "instances"
    assert found.n_instances == found.labels.max() == 7
    assert average_precision(truth, found.labels, 0.75) == 1
    assert found.evidence["instances"] == 7
    assert found.evidence["diameter"] == pytest.approx(20, abs=2)
    assert (found.evidence["reading"], found.confidence.shape) == (1, truth.shape)
    assert 0 < found.score <= 1


def test_things_are_the_same_on_one_thread_or_two() -> None:
    image, _ = discs()
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found.append(foreground(image, instances=True, rng=3))
    np.testing.assert_array_equal(found[0].labels, found[1].labels)
    np.testing.assert_array_equal(found[0].confidence, found[1].confidence)


def test_pixels_without_data_are_in_no_thing() -> None:
    image, truth = discs()
    whole = image.copy()
    image[:, :46] = np.nan
    found = foreground(image, instances=True, reading="things", nodata=float("nan"))
    assert found.n_instances == found.labels.max() < 7
    assert found.labels[truth == 5].all()
    assert not found.labels[:, :46].any()
    assert not found.confidence[:, :46].any()
    assert foreground(whole, instances=True, reading="things").labels[:, :46].any()


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_the_type_of_the_image_changes_no_thing(channels: int) -> None:
    image = np.rint(255 * discs()[0][..., :1].repeat(channels, axis=2)).astype(np.uint8)
    expected = foreground(image, instances=True, reading="things").labels
    assert expected.max() == 7
    for same in (image.astype(np.uint16) * 257, image / 255, (image / 255).astype(np.float32)):
        found = foreground(same, instances=True, reading="things").labels
        np.testing.assert_array_equal(found, expected)


def test_things_are_the_same_at_any_gain_and_polarity() -> None:
    image, _ = discs()
    expected = foreground(image, instances=True, reading="things").labels
    dark = foreground(1 - image, instances=True, reading="things").labels
    assert average_precision(expected, dark, 0.75) == 1
    inverse = foreground(image, instances=True, reading="things", invert=True).labels
    assert average_precision(expected, inverse) < 0.5


def test_one_object_gives_the_pieces_of_its_mask() -> None:
    image = textured()
    mask = foreground(image, reading="object", min_size=50)
    found = foreground(image, reading="object", min_size=50, instances=True)
    np.testing.assert_array_equal(found.labels > 0, mask.labels > 0)
    assert found.kind == "instances"
    assert found.labels.max() == 1
    np.testing.assert_array_equal(found.confidence, mask.confidence)


def test_kmeans_and_one_colour_have_instances_too() -> None:
    image, truth = discs()
    found = foreground(image, preset="dsp", features="image", window=1, instances=True)
    assert found.n_instances >= 5
    nothing = foreground(np.full((20, 30, 3), 9, np.uint8), instances=True)
    assert (nothing.kind, nothing.n_instances, nothing.score) == ("instances", 0, 0)
    assert nothing.evidence["diameter"] == 0
    assert not (found.labels > 0)[truth == 0].all()
