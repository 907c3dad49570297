from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from segprior.errors import OutputError
from segprior.io.files.jsonl import Store, digest, file_digest, parse_lines


def test_what_was_added_is_there_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    store = Store(path)
    store.add("a", {"iou": 0.25})
    store.add("b", {"iou": 1 / 3})
    store.add("a", {"iou": 0.5})
    again = Store(path)
    assert len(again) == 2
    assert again.get("a") == {"iou": 0.5}
    assert again.get("b") == {"iou": 1 / 3}
    assert again.get("c") is None


def test_a_kill_at_any_byte_loses_one_line_at_most(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    store = Store(path)
    store.add("a", {"iou": 0.25})
    kept = path.stat().st_size
    store.add("b", {"iou": 0.5})
    whole = path.read_bytes()
    for length in range(kept, len(whole)):
        path.write_bytes(whole[:length])
        again = Store(path)
        assert again.get("a") == {"iou": 0.25}
        complete = length >= len(whole) - 1  # all but the end of the line
        assert (again.get("b") is not None) == complete
        again.add("c", {"iou": 0.75})
        assert Store(path).get("c") == {"iou": 0.75}


def test_lines_of_others_are_passed_over_and_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    Store(path).add("b", {"x": 1})
    with path.open("ab") as stream:
        stream.write(b'\xff\n[1]\n\n{"key": "a"}\n' + b"[" * 200_000 + b"\n")
        stream.write(b'{"key": "c", "row": {"x": NaN}}\n{"key": "c", "row": {"x": 1e999}}\n')
    message = r"rows\.jsonl: passed over what is damaged, lines 2, 3, 5, 6, 7 and 1 more; what"
    with pytest.warns(UserWarning, match=message):
        held = Store(path)
    assert held.get("b") == {"x": 1}
    assert len(held) == 1


def test_a_result_that_was_changed_is_no_result(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    Store(path).add("a", {"x": 1})
    path.write_text(path.read_text().replace('"x": 1', '"x": 2'))
    with pytest.warns(UserWarning, match=r"passed over what is damaged, line 1; what it told of"):
        assert len(Store(path)) == 0


@pytest.mark.parametrize(
    ("line", "is_told"),
    [(b"", False), (b' \r', False), (b'{"a": {"b": 1}', False), (b"{}", False), (b"x", True)],
)  # fmt: skip
def test_what_a_kill_leaves_is_nothing_to_tell_of(line: bytes, is_told: bool) -> None:
    with nullcontext() if not is_told else pytest.warns(UserWarning, match="x: passed over"):
        entries = parse_lines(line, "x", lambda entry: True)
    assert entries == ([{}] if line == b"{}" else [])


def test_two_may_add_to_one_file(tmp_path: Path) -> None:
    one, other = Store(tmp_path / "rows.jsonl"), Store(tmp_path / "rows.jsonl")
    for number in range(5):
        one.add(f"one{number}", {"x": number})
        other.add(f"other{number}", {"x": number})
    assert len(Store(tmp_path / "rows.jsonl")) == 10


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot keep results in"):
        Store(tmp_path / "file" / "rows.jsonl")
    with pytest.raises(OutputError, match="cannot keep results in"):
        Store(tmp_path)


def test_digests_follow_content(tmp_path: Path) -> None:
    assert digest({"a": 1, "b": (2, 3)}) == digest({"b": [2, 3], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    (tmp_path / "a").write_text("same")
    (tmp_path / "b").write_text("same")
    (tmp_path / "c").write_text("other")
    one, other, third = (file_digest(tmp_path / name) for name in "abc")
    assert one == other != third
    assert file_digest(tmp_path / "missing") != file_digest(tmp_path / "gone")
