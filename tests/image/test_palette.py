from __future__ import annotations

import hashlib

import numpy as np
import pytest

from segprior.image.palette import label_colours, palette


def test_the_first_dozen_colours_suit_every_kind_of_colour_vision() -> None:
    from skimage.color import deltaE_ciede2000, rgb2lab

    # Machado et al. 2009, full severity: without red, green and blue cones.
    visions = [
        np.eye(3),
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
    ]
    linear = ((palette()[1:13] / 255 + 0.055) / 1.055) ** 2.4
    for matrix in visions:
        seen = np.clip(linear @ np.array(matrix).T, 0, 1)
        lab = rgb2lab(1.055 * seen ** (1 / 2.4) - 0.055)
        apart = deltaE_ciede2000(lab[:, None], lab[None])
        assert apart[~np.eye(12, dtype=bool)].min() > 7


class TestPalette:
    def test_256_distinct_colours_that_never_change(self) -> None:
        table = palette()
        assert table.shape == (256, 3)
        assert table.dtype == np.uint8
        assert len(np.unique(table, axis=0)) == 256
        assert table[:3].tolist() == [[0, 0, 0], [230, 159, 0], [86, 180, 233]]
        digest = hashlib.sha256(table.tobytes()).hexdigest()
        assert digest[:16] == "5b524d2adf57dbe7"
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1

    def test_colours_of_labels_come_round_without_black(self) -> None:
        colours = label_colours(np.array([[0, 1, 255, 256, 510, 511]]))
        table = palette()
        np.testing.assert_array_equal(colours[0], table[[0, 1, 255, 1, 255, 1]])
