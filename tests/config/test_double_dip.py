from __future__ import annotations

from segprior.config.double_dip import DoubleDipConfig


def test_the_published_numbers() -> None:
    found = DoubleDipConfig.preset("published")
    assert (found.first_iterations, found.second_iterations) == (500, 500)
    assert (found.radius, found.eps, found.learning_rate) == (50, 1e-4, 0.001)
    assert (found.stage, found.noise_step, found.push_weight) == (100, 0.001, 0.001)
    assert (found.composed_weight, found.psnr_stop, found.working_size) == (0.5, 30, None)
    assert (found.hint, found.hint_preset) == ("mask", "published")


def test_the_original_is_longer_and_starts_from_saliency() -> None:
    found, published = DoubleDipConfig.preset("original"), DoubleDipConfig.preset("published")
    assert (found.first_iterations, found.second_iterations) == (2000, 4000)
    assert (found.hint, found.salient_above, found.salient_below) == ("saliency", 239.5, 15.5)
    same = found.replace(first_iterations=500, second_iterations=500, hint=published.hint)
    assert same == published


def test_snapshots_are_sorted_and_single() -> None:
    assert DoubleDipConfig(snapshots=(9, 3, 9)).snapshots == (3, 9)
    assert DoubleDipConfig(working_size=None).to_dict()["working_size"] is None
