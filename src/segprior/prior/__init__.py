"""The prior of an image: `Prior`, and the loop that fits its members.

For others: `fit_prior` and its core `fit`, `Prior`, `check_prior`.
"""
