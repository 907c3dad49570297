from __future__ import annotations

from segprior.methods.double_dip.engine import BACKGROUND, FOREGROUND, MASK, Aims


def test_layers_are_asked_by_hints_and_the_mask_by_guess_or_push() -> None:
    layers = FOREGROUND, BACKGROUND
    hinted = Aims(hinted=True, guess=False, push=0.0)
    assert all(hinted.of(part) for part in layers)
    assert not hinted.of(MASK)
    for aims in (Aims(False, True, 0.0), Aims(False, False, 0.1)):
        assert not any(aims.of(part) for part in layers)
        assert aims.of(MASK)
