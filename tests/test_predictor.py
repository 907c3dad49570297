from __future__ import annotations

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import segprior
from segprior.errors import ConfigError
from segprior.runtime import loops
from tests.helpers.clicks import FIRST, SECOND, discs, truth

POINTS: dict[str, Any] = {"points": [FIRST, (2, 60), (48, 4)], "labels": [1, 0, 0]}


@pytest.fixture(scope="module")
def predictor() -> segprior.Predictor:
    return segprior.Predictor(discs())


def wrong(found: segprior.Segmentation, label: int = 1) -> float:
    return float(((found.labels == 1) != (truth(found.labels.shape) == label)).mean())


def scribbled() -> NDArray[np.uint8]:
    marks = np.zeros((52, 64), np.uint8)
    marks[18:22, 14:20] = 1
    return marks


GIVEN: dict[str, dict[str, Any]] = {
    "points": POINTS,
    "box": {"box": (7, 5, 33, 31)},
    "scribbles": {"scribbles": scribbled()},
    "mask": {"mask": truth() == 1},
}


@pytest.mark.parametrize(
    "names",
    [names for n in range(1, 5) for names in itertools.combinations(GIVEN, n)],
    ids="-".join,
)
def test_every_combination(predictor: segprior.Predictor, names: tuple[str, ...]) -> None:
    given = {key: value for name in names for key, value in GIVEN[name].items()}
    found = predictor.predict(**given)
    assert found.kind == "mask"
    assert wrong(found) < 0.03
    assert found.confidence.shape == (52, 64)


def test_the_order_of_clicks_makes_no_difference(predictor: segprior.Predictor) -> None:
    clicks = list(zip(POINTS["points"], POINTS["labels"], strict=True))
    answers = []
    for order in itertools.permutations(clicks):
        points, labels = zip(*order, strict=True)
        answers.append(predictor.predict(points=points, labels=labels))
    for one in answers[1:]:
        assert one.labels.tobytes() == answers[0].labels.tobytes()
        assert one.confidence.tobytes() == answers[0].confidence.tobytes()


def test_saved_pickled_and_from_threads_it_answers_alike(
    predictor: segprior.Predictor, tmp_path: Path
) -> None:
    expected = predictor.predict(**POINTS)
    loaded = segprior.Predictor.load(predictor.save(tmp_path / "p.npz"))
    fresh = segprior.Predictor(discs())  # nothing of it has been used yet
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: fresh.predict(**POINTS), range(8)))
    for other in (loaded, pickle.loads(pickle.dumps(predictor))):
        answers.append(other.predict(**POINTS))
        assert (other.shape, other.seed, other.config) == ((52, 64), 0, predictor.config)
    for found in answers:
        assert found.labels.tobytes() == expected.labels.tobytes()
        assert found.confidence.tobytes() == expected.confidence.tobytes()


def test_without_compiled_loops_the_answer_is_the_same(
    predictor: segprior.Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = predictor.predict(**POINTS)
    monkeypatch.setattr(loops, "are_there", lambda: False)
    assert predictor.predict(**POINTS).labels.tobytes() == expected.labels.tobytes()


def test_8_and_16_bits_and_floats_are_one() -> None:
    eight = np.rint(discs() * 255).astype(np.uint8)
    images = (eight, eight.astype(np.uint16) * 257, eight.astype(np.float64) / 255)
    first, *others = (segprior.Predictor(image).predict(**POINTS) for image in images)
    for other in others:
        assert other.labels.tobytes() == first.labels.tobytes()


@pytest.mark.parametrize("channels", [1, 2, 4, 9])
def test_any_number_of_channels(channels: int) -> None:
    found = segprior.Predictor(discs(channels=channels)).predict(**POINTS)
    assert wrong(found) < 0.03


def test_channels_that_are_all_there_twice_change_little() -> None:
    image = discs(channels=4)
    one, two = (
        segprior.Predictor(of).predict(**POINTS) for of in (image, np.concatenate([image] * 2, 2))
    )
    assert (one.labels != two.labels).mean() < 0.01


@pytest.mark.parametrize("axis", [0, 1])
def test_a_flipped_image_gives_a_flipped_mask(axis: int) -> None:
    image = np.flip(discs(), axis)
    points = [list(place) for place in POINTS["points"]]
    for place in points:
        place[axis] = image.shape[axis] - 1 - place[axis]
    found = segprior.Predictor(image).predict(points=points, labels=POINTS["labels"])
    assert ((found.labels == 1) != np.flip(truth() == 1, axis)).mean() < 0.03


def test_a_large_image_has_its_boundary_at_full_size() -> None:
    shape = (52 * 10, 64 * 10)
    predictor = segprior.Predictor(discs(shape), working_size=64)
    found = predictor.predict(points=[(200, 180), (20, 600)], labels=[1, 0])
    assert found.labels.shape == shape
    # Enlarging the mask alone leaves .2 % on either side of the boundary.
    assert wrong(found) < 0.002


@pytest.mark.parametrize("shape", [(8, 8), (8, 40), (9, 30)])
def test_tiny_and_flat_images(shape: tuple[int, int]) -> None:
    predictor = segprior.Predictor(np.full((*shape, 3), 90, np.uint8))
    assert predictor.predict(points=[(0, 0)]).labels[0, 0] == 1
    last = (shape[0] - 1, shape[1] - 1)
    found = predictor.predict(points=[(0, 0), last], labels=[1, 0])
    assert found.labels[0, 0] == 1
    assert found.labels[last] == 0
    assert predictor.predict(box=(0, 0, *shape)).labels.shape == shape


def test_the_hierarchy_is_in_it(predictor: segprior.Predictor) -> None:
    levels = predictor.hierarchy
    assert levels.regions.shape == (52, 64)
    assert levels.cut(n_segments=3).max() == 3


def test_ground_alone(predictor: segprior.Predictor) -> None:
    found = predictor.predict(points=[(2, 60), SECOND], labels=[0, 0])
    assert found.labels[SECOND] == 0


def test_options_that_are_none() -> None:
    with pytest.raises(ConfigError, match="no option"):
        segprior.Predictor(discs(), regions=3)
    assert "Predictor(52 x 64 pixels" in repr(segprior.Predictor(discs()))
