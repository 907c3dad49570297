"""An image taken apart into foreground, background and the mask between them.

For others: `double_dip` and its core `take_apart` of ``api``, `DoubleDip`, and ``hints``.
"""
