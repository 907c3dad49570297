from __future__ import annotations

import io
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from segprior.errors import ImageError
from segprior.io.marks.marks import GROUND
from segprior.io.marks.strokes import find_strokes
from tests.helpers.written import encoded

SIZE = (48, 64)
GREEN, RED, BLUE, YELLOW = (0, 200, 30), (220, 20, 0), (20, 40, 230), (250, 240, 0)


def photo() -> NDArray[np.uint8]:
    """Leaves and bricks: strong green, red and other colours everywhere."""
    rng = np.random.default_rng(3)
    small = rng.integers(0, 256, (6, 8, 3), np.uint8)
    large = Image.fromarray(small).resize(SIZE[::-1], Image.Resampling.BICUBIC)
    return np.asarray(large)


def painted(under: NDArray[np.uint8], **strokes: int) -> NDArray[np.uint8]:
    """Paint a stroke of each colour, named with the row that it is on, over what is there."""
    picture = under.copy()
    for name, row in strokes.items():
        picture[row : row + 3, 8:40] = globals()[name.upper()]
    return picture


def expected(**strokes: tuple[int, int]) -> NDArray[np.int32]:
    values = np.zeros(SIZE, np.int32)
    for row, value in strokes.values():
        values[row : row + 3, 8:40] = value
    return values


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_strokes_on_nothing(grey: int) -> None:
    picture = painted(np.full((*SIZE, 3), grey, np.uint8), green=4, red=20)
    found = find_strokes(picture, "a")
    np.testing.assert_array_equal(found.values, expected(a=(4, 1), b=(20, GROUND)))
    assert found.values.dtype == np.int32
    assert found.told == ""


def test_strokes_on_a_colourful_image() -> None:
    picture = painted(photo(), green=4, red=20)
    found = find_strokes(picture, "a", image=photo())
    np.testing.assert_array_equal(found.values, expected(a=(4, 1), b=(20, GROUND)))
    assert found.told == ""
    with pytest.raises(ImageError, match=r"in many tones cover 6.% of it"):
        find_strokes(picture, "a")
    with pytest.raises(ImageError, match=r"in many tones cover 6.% of it"):
        find_strokes(picture, "a", image=255 - photo())


def test_strokes_on_an_image_that_was_a_jpeg() -> None:
    grey = np.repeat(photo()[..., :1], 3, axis=2)
    for under in (grey, photo() // 2 + 60):
        picture = painted(under, green=4, red=20)
        jpeg = Image.open(io.BytesIO(encoded(picture, "JPEG")))
        found = find_strokes(np.asarray(jpeg), "a", image=under).values
        for row, value in ((4, 1), (20, GROUND)):
            assert (found[row : row + 3, 8:40] == value).mean() > 0.8
        far = np.ones(SIZE, bool)
        far[1:10, 4:44] = far[17:26, 4:44] = False
        assert np.count_nonzero(found[far]) < 0.02 * far.sum()


def test_soft_strokes_on_a_colourful_image() -> None:
    large = Image.fromarray(photo()).resize((256, 192), Image.Resampling.NEAREST)
    ImageDraw.Draw(large).line((20, 40, 230, 150), GREEN, 24)
    picture = np.asarray(large.resize(SIZE[::-1], Image.Resampling.BOX))
    found = find_strokes(picture, "a", image=photo())
    assert set(np.unique(found.values)) == {0, 1}
    assert found.values[24, 31] == 1
    assert re.fullmatch(r"strokes: [0-9]+ pixels of colours mixed at edges left out", found.told)


def test_jpeg_has_two_colours_only() -> None:
    white = np.full((*SIZE, 3), 255, np.uint8)
    picture = painted(white, blue=4, green=12, red=20)
    values, told = find_strokes(picture, "a", lossy=True)
    np.testing.assert_array_equal(values, expected(a=(12, 1), b=(20, GROUND)))
    assert told == (
        "strokes: 96 pixels of colours blurred as by JPEG left out; save other than green and red "
        "as PNG"
    )
    with pytest.raises(ImageError, match="2 colours, none of them green or red"):
        find_strokes(painted(white, blue=4), "a", lossy=True)


def test_transparency_is_nothing() -> None:
    picture = painted(photo(), green=4, red=20)
    opaque = np.zeros(SIZE, bool)
    opaque[4:7, 8:40] = opaque[20:23, 8:30] = True
    found = find_strokes(picture, "a", opaque=opaque).values
    assert (found[4:7, 8:40] == 1).all()
    assert (found[20:23, 8:30] == GROUND).all()
    assert np.count_nonzero(found) == 3 * 32 + 3 * 22


def test_more_colours_are_more_labels() -> None:
    white = np.full((*SIZE, 3), 255, np.uint8)
    picture = painted(white, blue=4, green=12, red=20, yellow=28)
    found = find_strokes(picture, "a")
    wanted = expected(a=(4, 3), b=(12, 1), c=(20, GROUND), d=(28, 2))
    np.testing.assert_array_equal(found.values, wanted)
    assert found.told == (
        "strokes: red is ground, yellow is label 2, green is label 1, blue is label 3"
    )
    alone = find_strokes(painted(white, blue=4, yellow=28), "a")
    np.testing.assert_array_equal(alone.values, expected(a=(4, 2), b=(28, 1)))
    assert alone.told == "strokes: yellow is label 1, blue is label 2"
    two = find_strokes(picture, "a", several=False)
    np.testing.assert_array_equal(two.values, expected(a=(12, 1), b=(20, GROUND)))
    assert two.told == (
        "strokes: red is ground, yellow is left out, green is label 1, blue is left out"
    )


def test_soft_edges_and_crossings_are_no_colours() -> None:
    large = Image.new("RGB", (256, 192), "white")
    draw = ImageDraw.Draw(large)
    draw.line((20, 40, 230, 150), GREEN, 14)
    draw.line((20, 150, 230, 40), RED, 14)
    picture = np.asarray(large.resize(SIZE[::-1], Image.Resampling.LANCZOS))
    found = find_strokes(picture, "a")
    assert set(np.unique(found.values)) == {GROUND, 0, 1}
    assert found.told == "strokes: 1 pixel of colours mixed at edges left out"


def test_all_may_be_painted() -> None:
    picture = np.full((*SIZE, 3), RED, np.uint8)
    picture[10:30, 10:30] = GREEN
    found = find_strokes(picture, "a").values
    assert (found[10:30, 10:30] == 1).all()
    assert np.count_nonzero(found == GROUND) == found.size - 400


@pytest.mark.parametrize(
    ("colour", "label"),
    [((34, 177, 76), 1), ((52, 199, 89), 1), ((0, 128, 0), 1), ((180, 60, 50), GROUND),
     ((237, 28, 36), GROUND), ((255, 59, 48), GROUND), ((220, 20, 60), GROUND)],
)  # fmt: skip
def test_green_and_red_of_paint_programs(colour: tuple[int, int, int], label: int) -> None:
    picture = np.full((*SIZE, 3), 255, np.uint8)
    picture[5, 5:30] = colour
    values = find_strokes(picture, "a", several=False).values
    assert (values[5, 5:30] == label).all()


def test_what_was_seen_is_said() -> None:
    white = np.full((*SIZE, 3), 255, np.uint8)
    with pytest.raises(ImageError, match="a: 1 colour, none of them strong"):
        find_strokes(white, "a")
    with pytest.raises(ImageError, match="a: 1 colour, not green or red; paint the object green"):
        find_strokes(white, "a", several=False)
    blue = painted(white, blue=4, yellow=28)
    with pytest.raises(ImageError, match=r"3 colours \(yellow, blue\), none of them green or red"):
        find_strokes(blue, "a", several=False)
    shades = np.repeat(np.arange(12, dtype=np.uint8)[:, None, None] * 20, 3, axis=2)
    with pytest.raises(ImageError, match="12 colours, none of them green or red"):
        find_strokes(shades, "a", several=False)
    opaque = np.zeros(SIZE, bool)
    with pytest.raises(ImageError, match="0 colours"):
        find_strokes(blue, "a", opaque=opaque)
    with pytest.raises(ImageError, match="colours, none of them strong"):
        find_strokes(photo(), "a", image=photo())
