from __future__ import annotations

from segprior.evaluation.progress import Interrupted, Progress
from segprior.evaluation.report import Evaluation


def test_an_interruption_has_what_was_finished_and_is_one_of_ctrl_c() -> None:
    evaluation = Evaluation(kind="regions", rows=[], images=[], settings={}, curves={})
    stopped = Interrupted(evaluation, 2, 3)
    assert isinstance(stopped, KeyboardInterrupt)
    assert str(stopped) == "2 of 3 results are done"
    assert (stopped.evaluation, stopped.done, stopped.total) == (evaluation, 2, 3)


def test_the_first_word_is_of_no_image() -> None:
    assert Progress(done=0, total=4).image is None
