from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, ClassVar

from segprior.analysis.reproduction.report_pages import html_page, markdown_page


def test_pages_escape_what_they_show() -> None:
    figures: list[Any] = [
        ("figure2", "a < b & “c”", {"prior": {"working_size": None, "snapshots": []}}, 3.4)
    ]
    page = html_page(figures)
    assert "a &lt; b &amp; “c”" in page
    assert "working_size full, snapshots none" in page
    assert "made in 3 s" in page

    class Tags(HTMLParser):
        open: ClassVar[list[str]] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag not in ("meta", "img", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    Tags().feed(page)
    assert not Tags.open
    text = markdown_page(figures)
    assert "**Figure 2.** a < b" in text
    assert "- made in 3 s" in text
