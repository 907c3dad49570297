"""One file for each command: what it asks of an image, and the files it makes of the answer.

For :mod:`segprior.cli` alone; ``dispatch`` goes from the words to the exit code.
"""
