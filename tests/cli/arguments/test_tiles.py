from __future__ import annotations

from segprior.cli.arguments.options import given
from segprior.cli.arguments.tiles import add_tiles
from segprior.cli.arguments.words import new_parser
from segprior.config.tiles import TileConfig


def test_tiles_are_asked_for_by_a_flag_and_set_by_options() -> None:
    parser = new_parser("foreground", "IMAGE", "Find the object.", "")
    add_tiles(parser)
    plain = parser.parse_args([])
    assert plain.tiles is False
    assert given(TileConfig, plain) == {}
    asked = parser.parse_args(["--tiles", "--scale", "0.5", "--memory", "2G"])
    assert asked.tiles is True
    assert given(TileConfig, asked) == {"scale": 0.5, "memory": 2 << 30}


def test_help_says_that_these_are_for_large_images() -> None:
    parser = new_parser("foreground", "IMAGE", "Find the object.", "")
    add_tiles(parser)
    _, _, group = parser.format_help().partition("large images")
    for option in ("--tiles", "--scale", "--tile-size", "--overlap", "--memory"):
        assert option in group
