"""What both implementations of the generator start from and share: weights, noise, constants.

For :mod:`segprior.nn` alone, but for the protocol `Engine`.
"""
