from __future__ import annotations

import pytest

from segprior.analysis.analyze import analyze
from segprior.analysis.result import Analysis
from tests.helpers.analysis import SHORT, scene


@pytest.fixture(scope="module")
def found() -> Analysis:
    return analyze(scene(), **SHORT)
