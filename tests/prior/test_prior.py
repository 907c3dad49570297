from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio

from segprior.callbacks import EarlyStopping, Event
from segprior.config.prior import PriorConfig
from segprior.errors import Cancelled, ConfigError, ImageError, OutputError
from segprior.prior.prior import Prior, fit_prior

QUICK: dict[str, Any] = {"members": 2, "iterations": 4}


@pytest.fixture(scope="module")
def prior(image: NDArray[np.float32]) -> Prior:
    wanted = (("up2", 3), ("down3", 4), ("up1", 1))
    return fit_prior(image, members=3, iterations=4, snapshots=(2, 4), features=wanted)


def test_the_parts_have_their_shapes(prior: Prior) -> None:
    assert prior.shape == (33, 42, 3)
    assert prior.members.shape == (3, 33, 42, 3)
    assert prior.image.shape == prior.shape
    assert prior.image.dtype == np.float32
    assert prior.spread.shape == (33, 42)
    assert prior.losses.shape == (3, 4)
    assert {at: s.shape for at, s in prior.snapshots.items()} == {2: prior.shape, 4: prior.shape}
    assert {key: f.shape for key, f in prior.features.items()} == {
        ("up2", 3): (3, 20, 24, 16),
        ("down3", 4): (3, 5, 6, 32),
        ("up1", 1): (3, 40, 48, 8),
    }
    assert 0 <= prior.members.min() < prior.members.max() <= 1


def test_the_prior_is_the_median_of_the_members(prior: Prior) -> None:
    np.testing.assert_array_equal(prior.image, np.sort(prior.members, axis=0)[1])
    np.testing.assert_array_equal(prior.snapshots[4], prior.image)
    assert not np.array_equal(prior.snapshots[2], prior.image)
    expected = prior.members.std(axis=0).mean(-1)
    np.testing.assert_allclose(prior.spread, expected, atol=1e-6)


def test_the_losses_are_those_of_the_outputs(prior: Prior, image: NDArray[np.float32]) -> None:
    # 33 x 42 is padded to 40 x 48 by reflection for the fit, and the loss counts that too.
    exact = fit_prior(image[:32, :40], members=1, iterations=3)
    measured = np.abs(exact.members[0] - image[:32, :40]).mean()
    assert exact.losses[0, -1] == pytest.approx(measured, abs=1e-6)
    assert (prior.losses[:, -1] < prior.losses[:, 0]).all()


def test_it_learns_the_object_before_the_noise(image: NDArray[np.float32]) -> None:
    rows, columns = np.mgrid[:33, :42]
    disc = (rows - 16) ** 2 + (columns - 20) ** 2 < 100
    clean = np.where(disc[..., None], [0.9, 0.7, 0.2], [0.1, 0.3, 0.4])
    fitted = fit_prior(image, members=3, iterations=60)
    before = peak_signal_noise_ratio(clean, image, data_range=1)
    assert np.abs(fitted.image - clean)[disc].mean() < 0.1
    assert peak_signal_noise_ratio(clean, fitted.image, data_range=1) > before - 3


def test_same_seed_same_bytes_on_one_thread_or_two(image: NDArray[np.float32]) -> None:
    threads = torch.get_num_threads()
    fits = []
    try:
        for count in (1, 2, 2):
            torch.set_num_threads(count)
            fits.append(fit_prior(image, members=3, iterations=5).members.tobytes())
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    assert fits[0] == fits[1] == fits[2]


def test_same_seed_same_bytes_in_another_process(
    image: NDArray[np.float32], tmp_path: Path
) -> None:
    np.save(tmp_path / "image.npy", image)
    script = (
        "import hashlib, segprior, sys\n"
        "prior = segprior.fit_prior(sys.argv[1], members=2, iterations=4)\n"
        "print(hashlib.sha256(prior.members.tobytes()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script, tmp_path / "image.npy"],
            env={"OMP_NUM_THREADS": count, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for count in ("1", "2")
    }
    assert len(digests) == 1


def test_seeds_differ_and_generators_are_asked(image: NDArray[np.float32]) -> None:
    first, other = (fit_prior(image, rng=rng, **QUICK) for rng in (0, 1))
    assert not np.array_equal(first.members, other.members)
    assert not np.array_equal(first.members[0], first.members[1])
    drawn = fit_prior(image, rng=np.random.default_rng(5), **QUICK)
    again = fit_prior(image, rng=drawn.seed, **QUICK)
    np.testing.assert_array_equal(drawn.members, again.members)


def test_a_member_is_the_same_alone_or_among_many(prior: Prior, image: NDArray[np.float32]) -> None:
    alone = fit_prior(image, members=1, iterations=4)
    np.testing.assert_array_equal(alone.members[0], prior.members[0])


@pytest.mark.parametrize("shape", [(8, 8), (8, 70), (9, 17), (31, 16), (64, 8)], ids=str)
@pytest.mark.parametrize("channels", [1, 2, 3, 7])
def test_every_size_keeps_all_its_pixels(shape: tuple[int, int], channels: int) -> None:
    picture = np.random.default_rng(0).random((*shape, channels), np.float32)
    fitted = fit_prior(picture, members=1, iterations=2)
    assert fitted.image.shape == (*shape, channels)
    assert np.isfinite(fitted.image).all()


def test_working_size(image: NDArray[np.float32]) -> None:
    small = fit_prior(image, working_size=21, **QUICK)
    assert small.members.shape == (2, 16, 21, 3)
    assert small.image.shape == small.shape == (33, 42, 3)
    full = fit_prior(image, working_size=None, **QUICK)
    assert full.members.shape == (2, 33, 42, 3)


def test_the_types_of_one_picture_give_one_prior(image: NDArray[np.float32]) -> None:
    bytes_ = (image * 255).round().astype(np.uint8)
    fits = [
        fit_prior(bytes_, **QUICK),
        fit_prior(bytes_.astype(np.uint16) * 257, **QUICK),
        fit_prior(bytes_.astype(np.float32) / np.float32(255), **QUICK),
        fit_prior(np.moveaxis(bytes_, -1, 0), channel_axis=0, **QUICK),
    ]
    for other in fits[1:]:
        np.testing.assert_allclose(other.members, fits[0].members, atol=1e-4)


def test_the_callback_hears_of_every_iteration(image: NDArray[np.float32]) -> None:
    events: list[Event] = []

    def hear(event: Event) -> None:
        events.append(event)

    fitted = fit_prior(image, callback=hear, **QUICK)
    heard = {(e.member, e.iteration): e.loss for e in events}
    assert len(heard) == len(events) == 8
    assert {(e.stage, e.members, e.iterations) for e in events} == {("prior", 2, 4)}
    for (member, iteration), loss in heard.items():
        assert fitted.losses[member, iteration - 1] == np.float32(loss)


def test_a_callback_stops_a_member(image: NDArray[np.float32]) -> None:
    def stop(event: Event) -> bool:
        return event.member == 1 and event.iteration == 2

    stopped = fit_prior(image, callback=stop, snapshots=(1, 3, 4), **QUICK)
    whole = fit_prior(image, snapshots=(2,), **QUICK)
    np.testing.assert_array_equal(stopped.members[0], whole.members[0])
    assert np.isfinite(stopped.losses[1]).tolist() == [True, True, False, False]
    # What would have come later is the last output of that member.
    middle = np.median([whole.members[0], stopped.members[1]], axis=0)
    np.testing.assert_allclose(stopped.snapshots[4], middle, atol=1e-7)


def test_early_stopping(image: NDArray[np.float32]) -> None:
    patience = EarlyStopping(patience=3, min_delta=10.0)
    fitted = fit_prior(image, callback=patience, members=1, iterations=9)
    assert np.isfinite(fitted.losses[0]).sum() == 4


def test_a_callback_cancels(image: NDArray[np.float32]) -> None:
    heard = []

    def cancel(event: Event) -> None:
        heard.append(event.iteration)
        if event.iteration == 2:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        fit_prior(image, callback=cancel, members=4, iterations=500)
    assert len(heard) < 20


def test_what_is_kept_beyond_the_prior_does_not_change_it(image: NDArray[np.float32]) -> None:
    fitted = fit_prior(image, snapshots=(2, 7), features=(("up2", 6),), **QUICK)
    plain = fit_prior(image, **QUICK)
    longer = fit_prior(image, members=2, iterations=7)
    np.testing.assert_array_equal(fitted.members, plain.members)
    np.testing.assert_array_equal(fitted.snapshots[7], longer.image)
    assert fitted.losses.shape == (2, 7)
    assert fitted.features["up2", 6].shape[0] == 2


def test_saving_and_loading(prior: Prior, tmp_path: Path) -> None:
    path = prior.save(tmp_path / "prior.npz")
    loaded = Prior.load(path)
    np.testing.assert_array_equal(loaded.members, prior.members)
    np.testing.assert_array_equal(loaded.losses, prior.losses)
    assert loaded.snapshots.keys() == prior.snapshots.keys()
    np.testing.assert_array_equal(loaded.snapshots[2], prior.snapshots[2])
    assert loaded.features.keys() == prior.features.keys()
    np.testing.assert_array_equal(loaded.features["up2", 3], prior.features["up2", 3])
    for name in ("shape", "config", "seed", "version"):
        assert getattr(loaded, name) == getattr(prior, name)
    assert prior.save(tmp_path / "prior.png").stat().st_size > 0
    with pytest.raises(OutputError, match=r"\.xyz"):
        prior.save(tmp_path / "prior.xyz")


def test_a_prior_has_the_same_bytes_each_time(
    prior: Prior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = prior.save(tmp_path / "a.npz")
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    again = replace(prior, seconds=prior.seconds + 1).save(tmp_path / "b.npz")
    assert once.read_bytes() == again.read_bytes()
    loaded = Prior.load(again)
    assert np.isnan(loaded.seconds)
    assert loaded.save(tmp_path / "c.npz").read_bytes() == once.read_bytes()
    assert repr(loaded).endswith(f"seed {prior.seed})")


def test_loading_something_else_is_refused(prior: Prior, tmp_path: Path) -> None:
    from segprior.io.formats.npy import load_npz, save_npz

    def refuses(source: Any, text: str) -> None:
        with pytest.raises(ImageError, match=text):
            Prior.load(source)

    path = prior.save(tmp_path / "prior.npz")
    refuses(tmp_path / "none.npz", "none.npz")
    refuses(path.read_bytes()[:-100], "again")
    arrays, meta = load_npz(path)
    refuses(save_npz(tmp_path / "a.npz", arrays, {"format": "other"}), "not a saved prior")
    for key, value in (
        ("shape", [1, 2]), ("shape", None), ("shape", [40, 48, 2.5]), ("shape", [0, 0, 3]),
        ("config", []), ("config", {"members": "x"}), ("config", {"more": 1}), ("seed", "0"),
        ("seed", None), ("version", 3),
    ):  # fmt: skip
        refuses(save_npz(tmp_path / "m.npz", arrays, meta | {key: value}), "damaged")
    for name, array in (
        ("members", arrays["members"][0]), ("members", arrays["members"].astype(np.int8)),
        ("members", arrays["members"] * np.nan), ("members", np.array(["x"])),
        ("losses", np.zeros(3, np.float32)), ("snapshot/x", arrays["members"][0]),
        ("snapshot", arrays["members"][0]), ("snapshot/2", np.zeros((2, 2), np.float32)),
        ("features/up2", np.zeros((2, 2), np.float32)), ("features/up2/1", np.zeros(2)),
    ):  # fmt: skip
        refuses(save_npz(tmp_path / "n.npz", {**arrays, name: array}, meta), "damaged")
    for name, shape in (("members", (1, 99, 48, 3)), ("losses", (9, 9)), ("more", (3,)),
                        ("features/up2/3", (9, 9, 9, 2000))):  # fmt: skip
        large = {**arrays, name: np.zeros(shape, np.float32)}
        refuses(save_npz(tmp_path / "l.npz", large, meta), f"damaged prior .{name} of shape|arrays")
    del arrays["members"]
    refuses(save_npz(tmp_path / "b.npz", arrays, meta), "damaged")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("meta.json", json.dumps({"format": "segprior prior 1"}))
    refuses(stream.getvalue(), "damaged")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"members": 0}, "members=0"),
        ({"iterations": -3}, "iterations=-3"),
        ({"working_size": 4}, "working_size=4"),
        ({"snapshots": (0,)}, "snapshot iteration=0"),
        ({"features": (("up9", 1),)}, "up9"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"preset": "best"}, "best"),
        ({"epochs": 3}, "epochs"),
        ({"rng": -1}, "-1"),
        ({"device": "tpu"}, "tpu"),
        ({"preset": "fast", "config": PriorConfig()}, "one of them"),
    ],
)
def test_bad_options_are_named(
    image: NDArray[np.float32], options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError, match=text) as caught:
        fit_prior(image, **{**QUICK, **options})
    assert "\n" not in str(caught.value)


def test_what_it_shows_of_itself_is_short(prior: Prior) -> None:
    assert repr(prior).startswith(f"Prior(of {prior.shape[0]} x {prior.shape[1]} pixels")
    assert len(repr(prior)) < 120
