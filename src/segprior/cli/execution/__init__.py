"""From what was typed to what is read, done, written and told: image after image.

For :mod:`segprior.cli` alone.
"""
