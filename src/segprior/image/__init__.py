"""Arrays to arrays: values to [0, 1], colour, sizes, noise, filters, and pictures to look at.

For others: `Pyramid`, an image with its reductions, which every core takes; all functions without
an underscore.
"""
