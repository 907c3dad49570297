"""Pages that show the figures of a folder with their captions and settings."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["html_page", "markdown_page"]

_Shown = tuple[str, str, Mapping[str, Any], float]

_TITLE = "Deep segmentation priors: the published figures, made again"
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
    "figure{margin:3em 0}img{max-width:100%}figcaption{max-width:50em}"
    "details{color:#555;font-size:.85em}"
)


def html_page(figures: Sequence[_Shown]) -> str:
    """Write an HTML page that needs nothing but the PNG files beside it.

    Parameters
    ----------
    figures : sequence of (str, str, mapping, float)
        Name (``NAME.png`` is the file), caption, settings, and seconds it took.

    Returns
    -------
    str
    """
    parts = []
    for name, caption, settings, seconds in figures:
        lines = "<br>".join(html.escape(line) for line in _lines(settings, seconds))
        parts.append(
            f'<figure id="{name}"><img src="{name}.png" alt="{html.escape(caption)}">'
            f"<figcaption><b>{_number(name)}.</b> {html.escape(caption)}"
            f"<details><summary>settings</summary>{lines}</details></figcaption></figure>"
        )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{_TITLE}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{_TITLE}</h1>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def markdown_page(figures: Sequence[_Shown]) -> str:
    """Write the same page in Markdown.

    Parameters
    ----------
    figures : sequence of (str, str, mapping, float)
        As for :func:`html_page`.

    Returns
    -------
    str
    """
    parts = [f"# {_TITLE}"]
    for name, caption, settings, seconds in figures:
        parts.append(f"![{_number(name)}]({name}.png)")
        parts.append(f"**{_number(name)}.** {caption}")
        parts.append("\n".join(f"- {line}" for line in _lines(settings, seconds)))
    return "\n\n".join(parts) + "\n"


def _number(name: str) -> str:
    return name.replace("figure", "Figure ")


def _lines(settings: Mapping[str, Any], seconds: float) -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{key} {_said(item)}" for key, item in value.items())
        yield f"{name.replace('_', '-')}: {_said(value)}"
    yield f"made in {seconds:.0f} s"


def _said(value: Any) -> str:
    if value is None:
        return "full"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return str(value)
