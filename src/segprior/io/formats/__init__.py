"""One file for each format: a module that holds ``FORMAT``, which the registry finds by itself.

Others ask :mod:`segprior.io.registry`. How to add one is in ``docs/adding-a-format.md``.
"""
