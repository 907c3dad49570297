"""All things that thresholds show in an image, each whole and in parts, as one tree."""

from __future__ import annotations
