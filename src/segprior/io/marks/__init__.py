"""Marks in images, in whatever file they are: labels, strokes, points, shapes of LabelMe.

For others: `read_marks` of ``reader``, `read_marks_of_many` of ``many``, `Marks` and `shrink` of
``marks``. The formats are described in docs/marks.md.
"""
