from __future__ import annotations

import numpy as np

from segprior.steering.local_words import LocalWords
from segprior.steering.weights import Weights


def halves() -> tuple[LocalWords, np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Word 0 left and 1 right, a third word in a stripe in the middle of both; the left marked."""
    words = np.zeros((40, 60), np.int64)
    words[:, 30:] = 1
    words[18:22] = 2
    shares = np.zeros((40, 60))
    shares[:, :30] = 1
    return LocalWords(words, 72.0, Weights()), shares


def test_words_of_the_object_speak_for_it() -> None:
    words, shares = halves()
    odds = words.odds(shares, 0.2)
    assert odds.shape == (40, 60)
    assert odds[5, 5] > 2
    assert odds[5, 55] < -2


def test_a_word_of_both_sides_is_told_by_what_is_near() -> None:
    words, shares = halves()
    near, everywhere = (words.odds(shares, weight) for weight in (0.0, 1000.0))
    assert near[20, 2] > 1 > -1 > near[20, 57]
    assert abs(everywhere[20, 2]) < 0.5


def test_sides_swapped_change_the_sign() -> None:
    words, shares = halves()
    np.testing.assert_allclose(
        words.odds(shares, 0.2), -words.odds(1 - shares, 0.2), rtol=1e-4, atol=1e-4
    )
