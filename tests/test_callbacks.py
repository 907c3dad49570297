from __future__ import annotations

import io

from segprior.callbacks import EarlyStopping, Event, ProgressBar, chain


def event(iteration: int, loss: float = 0.0, member: int = 0) -> Event:
    return Event(
        stage="prior", member=member, members=2, iteration=iteration, iterations=10, loss=loss
    )


def test_a_chain_calls_all_and_stops_if_one_does() -> None:
    seen: list[str] = []

    def go_on(_: Event) -> None:
        seen.append("on")

    def stop(_: Event) -> bool:
        seen.append("stop")
        return True

    joined = chain(stop, None, go_on)
    assert joined is not None
    assert joined(event(1)) is True
    assert seen == ["stop", "on"]
    quiet = chain(go_on)
    assert quiet is not None
    assert quiet(event(1)) is False


def test_a_chain_of_nothing_is_nothing() -> None:
    assert chain() is None
    assert chain(None, None) is None


def test_early_stopping_waits_for_a_better_loss() -> None:
    stopping = EarlyStopping(patience=2, min_delta=0.1)
    losses = [1.0, 0.8, 0.75, 0.6, 0.59, 0.58]
    answers = [stopping(event(number, loss)) for number, loss in enumerate(losses, start=1)]
    assert answers == [False, False, False, False, False, True]


def test_early_stopping_keeps_members_apart_and_starts_anew() -> None:
    stopping = EarlyStopping(patience=1, min_delta=0.0)
    assert not stopping(event(1, 0.1, member=0))
    assert not stopping(event(1, 0.9, member=1))
    assert not stopping(event(2, 0.5, member=1))
    assert stopping(event(2, 0.5, member=0))
    assert not stopping(event(1, 0.9, member=0))
    assert not stopping(event(2, 0.8, member=0))


def test_a_progress_bar_counts_all_members() -> None:
    stream = io.StringIO()
    with ProgressBar("fit", file=stream, mininterval=0, ncols=80) as bar:
        for number in (1, 5, 10):
            for member in (0, 1):
                bar(event(number, member=member))
    shown = stream.getvalue()
    assert "fit:" in shown
    assert "20/20" in shown
