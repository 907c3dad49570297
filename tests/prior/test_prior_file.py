"""What a saved prior must be like before its arrays are read."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

import segprior
from segprior.errors import ImageError
from segprior.io.formats.npy import load_npz
from segprior.prior.prior_file import read_fields
from tests.helpers.written import npy


def test_fields_of_what_was_saved(tmp_path: Path) -> None:
    image = np.random.default_rng(0).random((20, 24, 3)).astype(np.float32)
    prior = segprior.fit_prior(image, members=2, iterations=2, snapshots=(1,))
    fields = read_fields(prior.save(tmp_path / "a.npz"))
    assert fields["shape"] == prior.shape
    np.testing.assert_array_equal(fields["members"], prior.members)
    assert list(fields["snapshots"]) == [1]


@pytest.mark.parametrize("about", [None, {}, {"format": "segprior prior 1"}])
def test_nothing_is_read_before_its_description(tmp_path: Path, about: object) -> None:
    if about:
        image = np.zeros((20, 24, 3), np.float32)
        prior = segprior.fit_prior(image, members=1, iterations=1)
        about = load_npz(prior.save(tmp_path / "a.npz"))[1]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("members.npy", npy(np.zeros((1, 3000, 2000, 3), np.float32)))
        archive.writestr("meta.json", json.dumps(about))
    tracemalloc.start()
    with pytest.raises(ImageError, match=r"not saved by|not a saved prior|damaged prior .members"):
        read_fields(stream.getvalue())
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()
