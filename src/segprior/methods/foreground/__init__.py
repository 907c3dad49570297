"""Masks of the object of an image, one method a file.

For others: `foreground` and its core `find_foreground` of ``api``, `ForegroundConfig`,
`Decision`.
"""
