"""Atheris for hierarchies in .npz files.

``python -m tests.fuzz.harnesses.fuzz_hierarchy tests/fuzz/corpus/hierarchy``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("hierarchy")
