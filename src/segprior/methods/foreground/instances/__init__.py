"""Things one by one: a number for each, also where they touch."""

from __future__ import annotations
