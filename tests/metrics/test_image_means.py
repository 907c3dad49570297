from __future__ import annotations

from segprior.metrics.image_means import ImageMeans


class Named(ImageMeans):
    """Of some kind."""


def test_means_are_those_of_the_images_and_come_back_as_their_kind() -> None:
    scores = Named()
    assert scores.compute() == {}
    scores.per_image += [{"iou": 0.25, "mae": 1.0}, {"iou": 0.75, "mae": 0.0}]
    assert scores.compute() == {"iou": 0.5, "mae": 0.5}
    again = Named.from_dict(scores.to_dict())
    assert type(again) is Named
    assert again.per_image == scores.per_image
    again.per_image[0]["iou"] = 0.0
    assert scores.per_image[0]["iou"] == 0.25
