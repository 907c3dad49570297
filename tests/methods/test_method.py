from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from segprior.config.prior import PriorConfig
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.method import Context, Method, Need
from segprior.prior.prior import fit


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(PriorConfig):
    wanted: bool = True


def test_the_need_of_a_prior_is_a_word_or_follows_from_the_options() -> None:
    def asked(options: Options) -> Need:
        return "always" if options.wanted else "never"

    plain = Method(name="a", kind="regions", config=Options, run=lambda *_: None)
    assert plain.need(Options()) == "never"
    assert dataclasses.replace(plain, prior="optional").need(Options()) == "optional"
    chosen = dataclasses.replace(plain, prior=asked)
    assert (chosen.need(Options()), chosen.need(Options(wanted=False))) == ("always", "never")


def test_a_prior_that_was_brought_is_not_fitted_again() -> None:
    image = Pyramid(np.random.default_rng(0).random((16, 20, 3)).astype(np.float32))
    config = ForegroundConfig.preset("dsp", members=1, iterations=2)
    context = Context(config=config, seed=3)
    fitted = context.fit_prior(image)
    assert (fitted.seed, fitted.config) == (3, config.prior)
    brought = fit(image, config.prior, seed=4)
    assert dataclasses.replace(context, prior=brought).fit_prior(image) is brought


def test_a_method_is_frozen() -> None:
    method = Method(name="a", kind="regions", config=Options, run=lambda *_: None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.name = "b"  # type: ignore[misc]
