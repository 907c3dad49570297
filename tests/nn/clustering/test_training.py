from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from segprior.callbacks import Event
from segprior.config.network import NetworkConfig
from segprior.nn.clustering.training import Clusters, StopRule, cluster, majority, warm_restarts
from segprior.nn.clustering.weights import draw_weights


def picture(rows: int = 24, columns: int = 32) -> NDArray[np.float32]:
    image = np.random.default_rng(0).normal(0.3, 0.03, (rows, columns, 3))
    image[4:-4, 8:-8] += (0.5, 0.1, -0.1)
    return np.clip(image, 0, 1).astype(np.float32)


def squares(rows: int = 24, columns: int = 32) -> NDArray[np.int32]:
    down, across = np.indices((rows, columns)) // 4
    return (down * 8 + across).astype(np.int32)


def run(callback: Any = None, least: int = 2, **options: Any) -> Clusters:
    continuity = options.pop("continuity", None)
    config = NetworkConfig(**{"channels": 10, "iterations": 8, **options})
    return cluster(
        picture(), config, 5, "cpu", least=least, callback=callback,
        superpixels=squares() if continuity is None else None,
        continuity=None if continuity is None else lambda count: continuity,
    )  # fmt: skip


def published(
    iterations: int, warmup: int, continuity: float, superpixels: bool
) -> tuple[list[int], list[float]]:
    """The published loop, in the words of PyTorch: counts and losses over the iterations."""
    drawn = draw_weights(3, 10, 2, "normal", 5).flat()
    leaves = [torch.from_numpy(array).requires_grad_() for array in drawn]
    convs, biases, gains = leaves[:2], leaves[2:4], leaves[4:6]
    shift, head, head_gain, head_shift = leaves[6:]
    x = torch.from_numpy(picture()).permute(2, 0, 1)[None]
    warm = torch.optim.SGD(leaves, lr=0.1)
    main = torch.optim.SGD(leaves, lr=0.1, momentum=0.9)
    counts, losses = [], []
    for iteration in range(warmup + iterations):
        y = F.batch_norm(
            F.relu(F.conv2d(x, convs[0], biases[0], padding=1)),
            None, None, gains[0], shift, training=True,
        )  # fmt: skip
        y = F.batch_norm(
            F.relu(F.conv2d(y, convs[1], biases[1], padding=1)),
            None, None, gains[1], None, training=True,
        )  # fmt: skip
        y = F.conv2d(y, head[:, :, None, None])
        y = F.batch_norm(y, None, None, head_gain, head_shift, training=True)
        y = y[0].permute(1, 2, 0)
        target = y.argmax(-1).numpy().copy()
        counts.append(len(np.unique(target)))
        if superpixels:
            for number in np.unique(squares()):
                values, sizes = np.unique(target[squares() == number], return_counts=True)
                target[squares() == number] = values[sizes.argmax()]
        loss = F.cross_entropy(y.flatten(0, 1), torch.from_numpy(target).flatten())
        differences = (y[1:] - y[:-1]).abs().mean() + (y[:, 1:] - y[:, :-1]).abs().mean()
        loss = loss + continuity * differences
        losses.append(loss.item())
        optimiser = warm if iteration < warmup else main
        if iteration < warmup:
            warm.param_groups[0]["lr"] = 0.001 + 0.099 * iteration / (warmup - 1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return counts, losses


@pytest.mark.parametrize(
    ("options", "continuity"),
    [
        ({"iterations": 6, "warmup": 0}, 0.0),
        ({"iterations": 4, "warmup": 4}, 0.0),
        ({"iterations": 6, "warmup": 0, "continuity": 2.0}, 2.0),
    ],
)
def test_it_is_the_published_loop(options: dict[str, Any], continuity: float) -> None:
    patches = "continuity" not in options
    counts, losses = published(options["iterations"], options["warmup"], continuity, patches)
    found = run(least=1, **options)
    np.testing.assert_allclose(found.losses, losses, rtol=2e-3)
    assert np.abs(found.counts - counts).max() <= 1  # a pixel may tip over by rounding


def test_same_seed_same_bytes_whatever_the_threads() -> None:
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(run())
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(found[0].response, found[1].response)
    np.testing.assert_array_equal(found[0].losses, found[1].losses)


def test_few_channels_will_do() -> None:
    assert run(channels=4).response.shape == (24, 32, 4)


def test_it_comes_to_an_end_after_settling() -> None:
    rule = StopRule(3, 5)
    assert [rule.stops(count) for count in (9, 4, 3, 4, 3, 3, 5, 3)] == [False] * 7 + [True]
    rule = StopRule(3, 50)
    assert [rule.stops(count) for count in (9, 3, 4, 2)] == [False, False, False, True]
    assert StopRule(3, 0).stops(3)


def test_never_fewer_labels_than_asked_for() -> None:
    found = run(least=8, iterations=60)
    assert len(found.counts) < 60
    assert found.counts[-1] < 8 <= len(np.unique(found.labels))
    np.testing.assert_array_equal(found.labels, found.response.argmax(-1))


def test_restarts_follow_the_cosine() -> None:
    assert [warm_restarts(step) for step in (0, 2, 6, 14)] == [1, 1, 1, 1]
    assert warm_restarts(1) == pytest.approx(0.5)
    assert warm_restarts(4) == pytest.approx(0.5)
    torch_model = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([torch_model], lr=1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimiser, 2, 2)
    for step in range(20):
        assert warm_restarts(step) == pytest.approx(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert not np.array_equal(run(restarts=True).losses, run().losses)


def test_marks_pull_their_pixels() -> None:
    marks = np.full((24, 32), -1, np.int64)
    marks[10, 10:20], marks[1, 5:20] = 0, 1
    config = NetworkConfig(channels=10, iterations=40)
    found = cluster(picture(), config, 5, "cpu", marks=marks, continuity=lambda count: 1.0, least=2)
    assert (found.labels[10, 10:20] == 0).mean() > 0.8
    assert (found.labels[1, 5:20] == 1).mean() > 0.8


def test_events_tell_of_labels_and_can_stop() -> None:
    heard: list[Event] = []

    def listen(event: Event) -> bool:
        heard.append(event)
        return event.iteration == 3

    found = run(callback=listen, warmup=2)
    assert [event.iteration for event in heard] == [1, 2, 3]
    assert {(e.stage, e.members, e.iterations) for e in heard} == {("segment", 1, 10)}
    assert [event.labels for event in heard] == found.counts.tolist()
    assert heard[-1].label_map is not None
    np.testing.assert_array_equal(heard[-1].label_map, found.labels)


def test_majority_is_that_of_a_loop() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, (20, 30))
    superpixels = rng.integers(0, 25, (20, 30)).astype(np.int32)
    expected = labels.copy()
    for number in range(25):
        inside = superpixels == number
        values, counts = np.unique(labels[inside], return_counts=True)
        expected[inside] = values[counts.argmax()]
    np.testing.assert_array_equal(majority(labels, superpixels, 25, 6), expected)
