"""What the prior of an image is: spectrum, edges, principal components, stability.

For others: `analyze` and its core `measure`, and `Analysis`.
"""
