from __future__ import annotations

from segprior.io.shared.label_names import label_name


def test_a_mask_has_a_foreground_and_a_label_map_has_numbers() -> None:
    assert label_name(1, mask=True) == "foreground"
    assert label_name(7, mask=False, things=True) == "thing"
    assert [label_name(label, mask=False) for label in (1, 70000)] == ["label 1", "label 70000"]
