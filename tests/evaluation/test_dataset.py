from __future__ import annotations

from pathlib import Path

import pytest

from segprior.errors import ImageError
from segprior.evaluation.dataset import pair


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_files_belong_together_by_stem(tmp_path: Path) -> None:
    images = touch(tmp_path / "images", "c.png", "a.jpg", "b.tif", "notes.txt")
    truth = touch(tmp_path / "truth", "a.mat", "b/one.png", "b/two.png", "c.npy", "other.png")
    made = touch(tmp_path / "made", "a.png", "b.png", "c.png", ".a.tif")
    examples = pair(images, truth, [made], annotators=True)
    assert [example.name for example in examples] == ["a", "b", "c"]
    assert [len(example.truth) for example in examples] == [1, 2, 1]
    assert examples[2].predictions == (made / "c.png",)


def test_every_and_limit_choose_images_and_only_these_need_truth(tmp_path: Path) -> None:
    images = touch(tmp_path / "images", *(f"{i}.png" for i in range(7)))
    truth = touch(tmp_path / "truth", "0.png", "3.png", "6.png")
    chosen = pair(images, truth, annotators=False, every=3)
    assert [example.name for example in chosen] == ["0", "3", "6"]
    chosen = pair(images, truth, annotators=False, every=3, limit=2)
    assert [example.name for example in chosen] == ["0", "3"]


@pytest.mark.parametrize(
    ("images", "truth", "message"),
    [
        (["a.png", "b.png"], ["a.png"], "no truth in .*truth for 1 of 2 images: b; name each"),
        ([f"{i}.png" for i in range(12)], ["0.png"], "for 11 of 12 .* 9 and 3 more"),
        (["a.png", "a.jpg"], ["a.png"], "two images .* are called a"),
        (["a.png"], ["a.png", "a.npy"], "has a.npy and a.png for one image"),
        (["a.png"], ["a/notes.txt"], "no label map in"),
        (["notes.txt"], ["a.png"], "no images in"),
        (["a.png"], [], "cannot list .*truth"),
    ],
)
def test_what_does_not_fit_together(
    tmp_path: Path, images: list[str], truth: list[str], message: str
) -> None:
    if len(images) == 12:
        message = message.replace(" 9 and", " .* and")
    touch(tmp_path / "images", *images)
    touch(tmp_path / "truth", *truth)
    with pytest.raises(ImageError, match=message):
        pair(tmp_path / "images", tmp_path / "truth", annotators=True)


def test_missing_predictions_are_named(tmp_path: Path) -> None:
    images = touch(tmp_path / "images", "a.png", "b.png")
    truth = touch(tmp_path / "truth", "a.png", "b.png")
    made = touch(tmp_path / "made", "b.png")
    with pytest.raises(ImageError, match=r"no prediction in .*made for 1 of 2 images: a;"):
        pair(images, truth, [made], annotators=True)


def test_predictions_may_be_hierarchies_where_those_are_scored(tmp_path: Path) -> None:
    images = touch(tmp_path / "images", "a.png")
    truth = touch(tmp_path / "truth", "a.png", "a.npz")
    made = touch(tmp_path / "made", "a.npz")
    with pytest.raises(ImageError, match="no prediction in"):
        pair(images, truth, [made], annotators=False)
    (example,) = pair(images, truth, [made], annotators=False, also=(".npz",))
    assert example.predictions == (made / "a.npz",)
    assert example.truth == (truth / "a.png",)
