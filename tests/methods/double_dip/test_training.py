from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segprior.callbacks import Event
from segprior.config.double_dip import DoubleDipConfig
from segprior.errors import Cancelled
from segprior.methods.double_dip import training
from segprior.methods.double_dip.engine import Aims
from segprior.methods.double_dip.torch_engine import TorchLayers
from segprior.methods.double_dip.training import (
    Layering,
    aims_at,
    fit_layers,
    make_engine,
    noise_deviation,
)
from segprior.nn.torch.generator import Generator
from segprior.runtime.seeding import member_seed

SHAPE = (16, 24)


def scene() -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    drawn = torch.rand((1, 3, *SHAPE), generator=torch.Generator().manual_seed(1))
    target = drawn[0].permute(1, 2, 0).numpy().copy()
    target[4:12, 6:18] += 0.5
    hint = np.zeros(SHAPE, np.int8)
    hint[5:10, 8:16] = 1
    hint[:3] = -1
    return target.clip(0, 1), hint


def by_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "make_engine", lambda *arguments: TorchLayers(*arguments))


def config(first: int = 3, second: int = 4, **options: object) -> DoubleDipConfig:
    return DoubleDipConfig.preset(
        "published", first_iterations=first, second_iterations=second, **options
    )


def fit(seed: int = 0, callback: object = None, **options: object) -> Layering:
    return fit_layers(*scene(), config(**options), seed, "cpu", callback)  # type: ignore[arg-type]


@pytest.mark.parametrize("compiled", [False, True])
def test_it_is_the_published_method(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against one backward pass through everything, with PyTorch's own optimiser."""
    if not compiled:
        by_torch(monkeypatch)
    stage, first, second = 2, 5, 23
    options = config(first, second, stage=stage, learning_rate=0.0005)
    image, hinted = scene()
    target = torch.from_numpy(image).permute(2, 0, 1)[None]
    hint = torch.from_numpy(hinted)[None, None]
    parts = [Generator([member_seed(0, k)], c, 2) for k, c in enumerate((3, 3, 1))]
    noises = [part.noise(*SHAPE, 0.01) for part in parts]
    noises[1] = noises[0]
    sources = [torch.Generator().manual_seed(member_seed(0, 3 + k)) for k in range(3)]
    fore, back = (hint > 0).float(), (hint < 0).float()
    rows = []
    for step, count in ((1, first), (2, second)):
        weights = [p for part in parts for p in part.parameters()]
        adam = torch.optim.Adam(weights, lr=0.0005)
        for i in range(count):
            level = i // stage
            deviation = level / 1000 if level < 10 else 0.001
            if (step, i) == (2, count - 1):
                deviation = 0.0
            fed = [
                noise + deviation * torch.randn(noise.shape, generator=source)
                if deviation
                else noise
                for noise, source in zip(noises, sources, strict=True)
            ]
            left, right, mask = (part(x)[0] for part, x in zip(parts, fed, strict=True))
            composed = mask * left + (1 - mask) * right
            loss = torch.zeros(())
            if step == 1 or i <= 10 * stage:
                loss = loss + (fore * (left - target)).abs().mean() / fore.mean()
                loss = loss + (back * (right - target)).abs().mean() / back.mean()
            if step == 1:
                loss = loss + (mask - (fore - back + 1) / 2).abs().mean()
            else:
                loss = loss + 0.5 * (composed - target).abs().mean()
                loss = loss + 0.001 * min(level, 10) / (mask - 0.5).abs().mean()
            mse = (composed - target).square().mean().item()
            rows.append((loss.item(), -10 * math.log10(mse)))
            if (step, i) != (2, count - 1):
                adam.zero_grad()
                loss.backward()
                adam.step()
    found = fit_layers(image, hinted, options, 0, "cpu")
    # Adam turns gradients that are all rounding into whole steps: other sums, other late steps.
    late, apart = (0.03, 0.1) if compiled else (2e-3, 5e-3)
    for name, column in (("loss", 0), ("psnr", 1)):
        ours, theirs = [r[name] for r in found.curves], [r[column] for r in rows]
        np.testing.assert_allclose(ours[:4], theirs[:4], rtol=2e-4)
        np.testing.assert_allclose(ours[:8], theirs[:8], rtol=5e-3)
        np.testing.assert_allclose(ours, theirs, rtol=late)
    np.testing.assert_allclose(
        found.ends[-1].composed, composed.detach()[0].permute(1, 2, 0).numpy(), atol=apart
    )


def test_the_rows_say_what_is_minimised() -> None:
    found = fit(first=2, second=13, stage=1)
    assert [(r["step"], r["iteration"]) for r in found.curves[:3]] == [(1, 1), (1, 2), (2, 1)]
    step1, step2 = found.curves[1], found.curves[5]
    assert step1["loss"] == pytest.approx(
        sum(step1[k] for k in ("foreground", "background", "mask"))
    )
    parts = sum(step2[k] for k in ("foreground", "background", "mask"))
    assert step2["loss"] == pytest.approx(parts + 0.5 * step2["composed"])
    assert found.curves[2]["mask"] == 0  # not pushed yet
    late = found.curves[-1]  # i = 12, past ten stages
    assert late["foreground"] == late["background"] == 0
    assert late["mask"] > 0


def test_the_noise_rises_and_falls_to_one_level() -> None:
    options = config(stage=100)
    levels = [noise_deviation(i, options) for i in (0, 99, 100, 950, 999, 1000, 3000)]
    assert levels == pytest.approx([0, 0, 0.001, 0.009, 0.009, 0.001, 0.001])


@pytest.mark.parametrize("compiled", [False, True])
def test_the_number_of_threads_changes_nothing(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not compiled:
        by_torch(monkeypatch)
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(fit(stage=1))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        np.testing.assert_array_equal(other.ends[-1].mask, found[0].ends[-1].mask)
        assert other.curves == found[0].curves


def test_seeds_differ() -> None:
    assert fit(seed=0).curves != fit(seed=1).curves


def test_step_2_stops_at_its_psnr() -> None:
    free = fit(first=10, second=20, learning_rate=0.01)
    later = [r["psnr"] for r in free.curves[10:]]
    threshold = (max(later) + free.ends[0].psnr) / 2
    assert free.ends[0].psnr < threshold < max(later)
    found = fit(first=10, second=20, learning_rate=0.01, psnr_stop=threshold)
    end = found.ends[-1]
    assert end.step == 2
    assert end.iteration < 20
    assert end.psnr >= threshold
    assert all(row["psnr"] < threshold for row in found.curves[10:-1])


def test_step_2_runs_though_step_1_was_good_enough() -> None:
    found = fit(first=3, second=4, psnr_stop=0.001)
    assert found.ends[0].psnr > 0.001
    assert [end.iteration for end in found.ends] == [3, 4]


def test_snapshots_are_counted_through_both_steps() -> None:
    found = fit(first=3, second=4, snapshots=(2, 3, 5, 7))
    assert sorted(found.snapshots) == [2, 3, 5, 7]
    where = {at: (shot.step, shot.iteration) for at, shot in found.snapshots.items()}
    assert where == {2: (1, 2), 3: (1, 3), 5: (2, 2), 7: (2, 4)}
    assert found.snapshots[3] is found.ends[0]


def test_a_callback_hears_and_ends_a_step() -> None:
    events: list[Event] = []

    def stop(event: Event) -> bool:
        events.append(event)
        return event.iteration == 2

    found = fit(callback=stop, first=3, second=4, snapshots=(1, 3, 6))
    assert [(e.stage, e.iteration, e.iterations) for e in events] == [
        ("double-dip step 1", 1, 3),
        ("double-dip step 1", 2, 3),
        ("double-dip step 2", 1, 4),
        ("double-dip step 2", 2, 4),
    ]
    assert [end.iteration for end in found.ends] == [2, 2]
    assert found.snapshots[3].iteration == 2  # the last of step 1 stands for it
    assert [event.loss for event in events] == [row["loss"] for row in found.curves]


def test_a_callback_can_cancel() -> None:
    def cancel(event: Event) -> None:
        if event.stage.endswith("2"):
            raise Cancelled("enough")

    before = torch.get_num_threads()
    with pytest.raises(Cancelled, match="enough"):
        fit(callback=cancel)
    assert torch.get_num_threads() == before


def test_what_is_asked_for_changes_with_the_iterations() -> None:
    options = config(stage=10, push_weight=0.5)
    assert aims_at(1, 500, options) == Aims(hinted=True, guess=True, push=0.0)
    assert aims_at(2, 0, options) == Aims(hinted=True, guess=False, push=0.0)
    assert aims_at(2, 30, options) == Aims(hinted=True, guess=False, push=1.5)
    assert aims_at(2, 101, options) == Aims(hinted=False, guess=False, push=5.0)


def test_loops_are_compiled_on_a_cpu() -> None:
    assert type(make_engine(*scene(), 0, "cpu")) is not TorchLayers
    assert type(make_engine(*scene(), 0, "auto")) is type(make_engine(*scene(), 0, "cpu"))
