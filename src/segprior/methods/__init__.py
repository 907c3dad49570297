"""What segments an image, one method a file.

For others: ``registry``, which finds the methods, `Method` and `Context` of ``method``, and the
``api`` of each package. How to add one is in ``docs/adding-a-method.md``.
"""
