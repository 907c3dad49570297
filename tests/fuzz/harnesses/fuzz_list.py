"""Atheris for lists of paths.

``python -m tests.fuzz.harnesses.fuzz_list tests/fuzz/corpus/list``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("list")
