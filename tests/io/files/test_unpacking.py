"""LZW and PackBits, with the compiled loops and without."""

from __future__ import annotations

import numpy as np
import pytest

from segprior.io.files.unpacking import by_libtiff, unpack_lzw, unpack_packbits
from segprior.runtime import loops
from tests.helpers.tiff_bytes import lzw, packbits

noise = np.random.default_rng(0).integers(0, 256, 9000, np.uint8).tobytes()
DATA = {
    "nothing": b"",
    "a byte": b"x",
    "one letter": b"a" * 70000,
    "noise": noise,
    "both": noise + b"ab" * 30000 + noise,
}


@pytest.fixture(params=[True, False], ids=["compiled", "plain"])
def with_loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(loops, "are_there", lambda: False)
    elif not loops.are_there():
        pytest.skip("no compiled loops")


@pytest.mark.usefixtures("with_loops")
@pytest.mark.parametrize("kind", list(DATA)[1:])
def test_what_was_packed(kind: str) -> None:
    data = DATA[kind]
    assert bytes(unpack_lzw(lzw(data), len(data))) == data
    assert bytes(unpack_packbits(packbits(data, 100), len(data))) == data


@pytest.mark.parametrize("kind", list(DATA))
def test_lzw_of_before_tiff_6(kind: str) -> None:
    if not loops.are_there():
        pytest.skip("no compiled loops")
    assert bytes(unpack_lzw(lzw(DATA[kind], old=True), len(DATA[kind]))) == DATA[kind]


@pytest.mark.usefixtures("with_loops")
def test_no_more_than_is_wanted() -> None:
    for data in (DATA["noise"], DATA["one letter"]):
        assert bytes(unpack_lzw(lzw(data), 7)) == data[:7]
        assert bytes(unpack_packbits(packbits(data, 100), 7)) == data[:7]


def test_damaged_bytes_are_refused_or_short() -> None:
    if not loops.are_there():
        pytest.skip("no compiled loops")
    with pytest.raises(ValueError, match="no LZW"):
        unpack_lzw(b"\xff" * 100, 1000)
    assert len(unpack_lzw(lzw(noise)[:2000], 9000)) < 9000
    assert len(unpack_packbits(packbits(noise, 100)[:2000], 9000)) < 9000
    assert bytes(unpack_packbits(b"\x80\x80\xff", 9)) == b""
    random = np.random.default_rng(1)
    for _ in range(300):
        junk = random.integers(0, 256, 200, np.uint8).tobytes()
        for unpack in (unpack_lzw, unpack_packbits):
            try:
                assert len(unpack(junk, 500)) <= 500
            except ValueError:
                continue


def test_libtiff_wants_all_of_it() -> None:
    assert by_libtiff(lzw(noise), 9000, 5) == noise
