"""Atheris for shapes of LabelMe in .json files.

``python -m tests.fuzz.harnesses.fuzz_labelme tests/fuzz/corpus/labelme``.
"""

from tests.fuzz.harness import fuzz

if __name__ == "__main__":
    fuzz("labelme")
