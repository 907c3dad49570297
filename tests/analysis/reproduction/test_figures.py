from __future__ import annotations

from pathlib import Path

import numpy as np

from segprior.analysis.reproduction.figures import PUBLISHED, SAMPLES, Studio
from segprior.analysis.reproduction.reproduce import reproduce, sample_image
from segprior.callbacks import Event
from tests.helpers.analysis import TINY


def test_a_prior_is_fitted_once(data: Path, tmp_path: Path) -> None:
    fits: list[Event] = []

    def count(event: Event) -> None:
        if event.iteration == 1:
            fits.append(event)

    reproduce(tmp_path / "out", data, config=TINY, only=["1", "3", "6"], callback=count)
    assert len(fits) == len({*PUBLISHED["figure1"], *PUBLISHED["figure3"], *PUBLISHED["figure6"]})


def test_sample_images_take_the_place_of_the_published_ones(tmp_path: Path) -> None:
    (made,) = reproduce(tmp_path, config=TINY, only=["figure6"])
    assert list(made.settings["images"]) == list(SAMPLES["figure6"])
    assert SAMPLES.keys() == PUBLISHED.keys()
    assert [len(SAMPLES[name]) for name in SAMPLES] == [len(PUBLISHED[name]) for name in SAMPLES]
    for name in {name for names in SAMPLES.values() for name in names}:
        image = sample_image(name)
        assert max(image.shape[:2]) <= 288
        assert image.dtype == np.float32


def test_the_filter_radius_is_that_of_the_image() -> None:
    image = np.random.default_rng(0).random((48, 64, 3)).astype(np.float32)
    studio = Studio(lambda name: image, PUBLISHED, TINY)
    hint = np.zeros((48, 64), np.int8)
    hint[10:30, 10:30], hint[40:] = 1, -1
    apart = studio.double_dip("any", hint)
    assert apart.config.working_size == 32
    masks = [studio.refined(apart, radius) for radius in (2, 24)]
    assert masks[0].shape == (48, 64)
    assert (masks[0] != masks[1]).any()
