from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.image.contours.refinement import first_shape, follow_edges
from segprior.image.resize import resize

SHAPE = (448, 576)


def disc(shape: tuple[int, int] = SHAPE) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - 210.0) ** 2 + (columns - 300.0) ** 2 < 130.0**2


def paint(inside: NDArray[np.bool_], channels: int = 3, noise: float = 0.01) -> Any:
    """A scene whose ground has a gradient, and whose things differ by less than that."""
    rng = np.random.default_rng(0)
    ground = np.linspace(0.2, 0.6, inside.shape[1])[None, :, None]
    image = ground + np.where(inside, 0.15, 0.0)[..., None] * np.linspace(1, 0.5, channels)
    return (image + rng.normal(0, noise, (*inside.shape, channels))).astype(np.float32)


def coarse(labels: NDArray[Any], shape: tuple[int, int], shift: int = 4) -> NDArray[Any]:
    """Labels at a smaller size, and not quite at their place."""
    moved = np.pad(labels, ((shift, 0), (shift, 0)), mode="edge")
    rows, columns = (
        (2 * np.arange(n) + 1) * m // (2 * n) for n, m in zip(shape, labels.shape, strict=True)
    )
    found: NDArray[Any] = moved[rows][:, columns]
    return found


def iou(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize(
    ("shape", "full", "expected"),
    [
        ((192, 256), (3000, 4000), (375, 500)),
        ((171, 256), (321, 481), (321, 481)),
        ((171, 256), (230, 350), None),
        ((256, 256), (256, 256), None),
        ((8, 100), (40, 4000), (40, 4000)),  # halves would have too few rows
    ],
)
def test_the_first_size(
    shape: tuple[int, int], full: tuple[int, int], expected: tuple[int, int] | None
) -> None:
    assert first_shape(shape, full) == expected


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_a_contour_comes_to_the_edge(channels: int) -> None:
    truth = disc()
    start = coarse(truth, (112, 144))
    enlarged = start.repeat(4, 0).repeat(4, 1)
    assert iou(enlarged, truth) < 0.96
    found = follow_edges(start, paint(truth, channels))
    assert found.dtype == bool
    assert iou(found, truth) > 0.995


def test_every_label_of_a_map_comes_to_its_edges() -> None:
    truth = np.ones(SHAPE, np.int32)
    truth[200:, 250:] = 7
    truth[disc()] = 3
    image = paint(truth == 3)
    image[truth == 7, 1] += 0.2
    start = coarse(truth, (112, 144))
    found = follow_edges(start, image)
    assert found.dtype == np.int32
    assert (found != truth).mean() < 0.004
    assert (start.repeat(4, 0).repeat(4, 1) != truth).mean() > 0.012


def test_without_an_edge_a_contour_stays_where_it_is() -> None:
    start = coarse(disc(), (112, 144))
    found = follow_edges(start, paint(np.zeros(SHAPE, bool)))
    assert iou(found, start.repeat(4, 0).repeat(4, 1)) > 0.95


def test_no_label_is_lost_and_none_is_made() -> None:
    rng = np.random.default_rng(1)
    start = rng.integers(1, 90, (32, 40)).astype(np.int32)
    found = follow_edges(start, rng.random((64, 80, 3), np.float32))
    assert set(np.unique(found)) == set(np.unique(start))
    alone = np.zeros((32, 40), bool)
    alone[10, 10] = True
    assert follow_edges(alone, np.full((64, 80, 1), 0.5, np.float32)).any()


def test_a_pixel_alone_is_no_speck_of_another_label() -> None:
    image = paint(disc(), noise=0.05)
    found = follow_edges(coarse(disc(), (112, 144)), image)
    for mask in (found, ~found):
        inner = mask[1:-1, 1:-1]
        beside = mask[:-2, 1:-1] | mask[2:, 1:-1] | mask[1:-1, :-2] | mask[1:-1, 2:]
        assert not (inner & ~beside).any()


def test_one_label_and_odd_sizes() -> None:
    image = np.random.default_rng(0).random((67, 131, 3), np.float32)
    assert not follow_edges(np.zeros((67, 131), bool), image).any()
    start = np.zeros((33, 65), bool)
    start[5:20, 9:40] = True
    assert follow_edges(start, image).shape == (67, 131)
    thin = np.zeros((9, 200), bool)
    thin[:, 100:] = True
    assert follow_edges(thin, resize(image, (9, 200))).shape == (9, 200)


def test_the_gain_of_the_image_changes_nothing_that_counts() -> None:
    truth = disc()
    image, start = paint(truth), coarse(truth, (112, 144))
    assert iou(follow_edges(start, image), follow_edges(start, 0.5 * image + 0.25)) > 0.995


def test_a_shape_that_is_none_of_its_sizes() -> None:
    with pytest.raises(ValueError, match="first_shape"):
        follow_edges(np.zeros((50, 60), bool), np.zeros((96, 128, 1), np.float32))
