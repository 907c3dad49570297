"""What a user would pick instead: segmenters that know nothing but the image.

For :mod:`segprior.evaluation`: every function is a method that can be scored.
"""
