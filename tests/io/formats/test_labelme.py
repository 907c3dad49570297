from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from segprior.io.formats.labelme import encode_labelme
from tests.helpers.label_maps import MAPS, drawn, every_map, filled, made
from tests.helpers.things import discs


class TestLabelMe:
    @every_map
    def test_round_trip(self, labels: NDArray[Any], tmp_path: Path) -> None:
        path = made(labels).save(tmp_path / "parts.json", format="labelme")
        content = json.loads(path.read_text("utf-8"))
        back = np.zeros((content["imageHeight"], content["imageWidth"]), np.int64)
        for piece in content["shapes"]:
            assert piece["shape_type"] == "polygon"
            assert piece["label"] == f"label {piece['group_id']}"
            back[filled([piece["points"]], back.shape)] = piece["group_id"]
        np.testing.assert_array_equal(back, labels)

    def test_things_are_groups_of_one_label(self, tmp_path: Path) -> None:
        truth = discs()[1]
        path = made(truth, "instances").save(tmp_path / "a.json", format="labelme")
        shapes = json.loads(path.read_text("utf-8"))["shapes"]
        assert {piece["label"] for piece in shapes} == {"thing"}
        assert [piece["group_id"] for piece in shapes] == list(range(1, 8))
        for piece in shapes:
            found = filled([piece["points"]], truth.shape)
            np.testing.assert_array_equal(found, truth == piece["group_id"])

    def test_as_labelme_fills_it(self) -> None:
        labels = np.pad(np.kron(drawn("010", "111", "110"), np.ones((4, 4), int)), 3)
        (piece,) = json.loads(encode_labelme(labels, mask=True, image="a.png"))["shapes"]
        picture = Image.new("L", labels.shape[::-1])
        ImageDraw.Draw(picture).polygon(list(map(tuple, piece["points"])), fill=1, outline=1)
        wider = labels.copy()
        wider[1:] |= labels[:-1]
        wider[:, 1:] |= wider[:, :-1]
        filling = np.asarray(picture)
        assert np.all(filling >= labels)
        assert np.all(filling <= wider)

    def test_image_is_named_from_the_folder(self, tmp_path: Path) -> None:
        folder = tmp_path / "out"
        folder.mkdir()
        found = made(MAPS["hole"], "mask")
        for image, name in ((None, "a.png"), (tmp_path / "photos" / "b.jpg", "../photos/b.jpg")):
            path = found.save(folder / "a.json", format="labelme", image=image)
            content = json.loads(path.read_text("utf-8"))
            assert content["imagePath"] == name
            assert content["imageData"] is None
            assert [piece["label"] for piece in content["shapes"]] == ["foreground"]
