"""Atheris for WebP files.

``python -m tests.fuzz.harnesses.fuzz_webp tests/fuzz/corpus/webp``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("webp")
