from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from threadpoolctl import threadpool_limits

from segprior.features import patch_kmeans
from segprior.features.patch_kmeans import cluster_patches, draw_patches

Image = NDArray[np.float32]


def textured(height: int = 40, width: int = 56, channels: int = 3, seed: int = 0) -> Image:
    """Two halves of different colour, under noise that neighbours share."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.3, (height, width, channels))
    image = ndimage.uniform_filter(noise, (3, 3, 1))
    image[:, : width // 2] += 0.3
    return np.asarray(image, np.float32)


def all_windows(image: Image, side: int) -> Image:
    half = side // 2
    padded = np.pad(image, ((half, half), (half, half), (0, 0)), mode="reflect")
    height, width = image.shape[:2]
    rows = [padded[r : r + side, c : c + side].ravel() for r in range(height) for c in range(width)]
    return np.array(rows)


def test_labels_are_those_of_kmeans_on_whole_windows() -> None:
    from sklearn.cluster import KMeans

    image = textured()
    found = cluster_patches(image, window=5, n_clusters=2, n_init=4, seed=0)
    ours = found.distances(image).argmin(axis=-1)
    whole = KMeans(2, n_init=4, random_state=0, tol=1e-6).fit_predict(all_windows(image, 5))
    same = np.mean(ours.ravel() == whole)
    assert max(same, 1 - same) >= 0.999
    assert found.components.shape[0] < 5 * 5 * 3


def test_distances_are_those_between_windows_along_the_components() -> None:
    image = textured(12, 9)
    found = cluster_patches(image, window=3, n_clusters=3, n_init=2, seed=0)
    centred = all_windows(image, 3) - found.mean
    projected = centred @ found.components.T
    expected = ((projected[:, None] - found.centroids[None]) ** 2).sum(axis=-1)
    np.testing.assert_allclose(found.distances(image).reshape(-1, 3), expected, atol=1e-4)
    gram = found.components @ found.components.T
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-5)


def test_strips_and_blocks_do_not_change_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    image = textured(17, 23)
    found = cluster_patches(image, window=5, n_clusters=2, n_init=2, seed=0)
    whole = found.distances(image)
    for numbers in (1, 75 * 7, 75 * 23 * 4):
        monkeypatch.setattr(patch_kmeans, "STRIP_NUMBERS", numbers)
        np.testing.assert_allclose(found.distances(image), whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("numbers", [27 * 400, 27 * 20])
def test_a_sample_finds_nearly_the_same_clusters(
    monkeypatch: pytest.MonkeyPatch, numbers: int
) -> None:
    image = textured()
    whole = cluster_patches(image, window=3, n_clusters=2, n_init=4, seed=0)
    monkeypatch.setattr(patch_kmeans, "SAMPLE_NUMBERS", numbers)
    sampled = cluster_patches(image, window=3, n_clusters=2, n_init=4, seed=0)
    same = np.mean(
        whole.distances(image).argmin(axis=-1) == sampled.distances(image).argmin(axis=-1)
    )
    assert max(same, 1 - same) > 0.97


def test_sample_never_exceeds_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch_kmeans, "SAMPLE_NUMBERS", 27 * 200)
    for shape in [(40, 56), (500, 8), (8, 500), (11, 10)]:
        sample = draw_patches(textured(*shape), window=3, share=0.5, seed=0)
        assert 50 <= len(sample) <= 100
        assert sample.shape[1] == 27


@pytest.mark.parametrize("channels", [1, 2, 4, 20])
@pytest.mark.parametrize("window", [1, 7, 21])
def test_any_channels_and_windows_larger_than_the_image(channels: int, window: int) -> None:
    image = textured(8, 9, channels)
    found = cluster_patches(image, window=window, n_clusters=2, n_init=2, seed=0)
    distances = found.distances(image)
    assert distances.shape == (8, 9, len(found.centroids))
    assert np.isfinite(distances).all()


def test_the_image_is_not_changed() -> None:
    image = textured(10, 10)
    before = image.copy()
    cluster_patches(image, window=1, n_clusters=2, n_init=1, seed=0).distances(image)
    np.testing.assert_array_equal(image, before)


def test_fewer_different_windows_than_clusters() -> None:
    image = np.zeros((16, 16, 1), np.float32)
    constant = cluster_patches(image, window=3, n_clusters=4, n_init=2, seed=0)
    assert len(constant.centroids) == 1
    image[:, 8:] = 1
    two = cluster_patches(image, window=1, n_clusters=4, n_init=2, seed=0)
    assert len(two.centroids) == 2
    tiny = cluster_patches(
        np.eye(2, dtype=np.float32)[..., None], window=1, n_clusters=9, n_init=1, seed=0
    )
    assert len(tiny.centroids) == 2


def test_the_most_populous_cluster_comes_first() -> None:
    image = np.zeros((16, 16, 1), np.float32)
    image[:3] = 1
    for seed in range(4):
        found = cluster_patches(image, window=1, n_clusters=2, n_init=1, seed=seed)
        assert (found.distances(image).argmin(axis=-1) == (image[..., 0] == 1)).all()


def test_low_contrast_is_split_as_well() -> None:
    image = 0.5 + textured() * 0.002
    found = cluster_patches(image, window=3, n_clusters=2, n_init=4, seed=0)
    loud = cluster_patches(textured(), window=3, n_clusters=2, n_init=4, seed=0)
    same = found.distances(image).argmin(axis=-1) == loud.distances(textured()).argmin(axis=-1)
    assert max(same.mean(), 1 - same.mean()) > 0.999


def test_same_bytes_for_a_seed_on_one_thread_or_two() -> None:
    image = textured(60, 80)
    results = []
    for threads in (1, 2, 2):
        with threadpool_limits(limits=threads):
            found = cluster_patches(image, window=7, n_clusters=3, n_init=3, seed=5)
            results.append(found.centroids.tobytes() + found.distances(image).tobytes())
    assert results[0] == results[1] == results[2]
