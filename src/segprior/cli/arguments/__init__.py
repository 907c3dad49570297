"""What may be typed after ``segprior``, and what the help says of it.

For :mod:`segprior.cli` alone; `in_words` spells errors as they are typed.
"""
