"""The network that clusters pixels, in plain PyTorch and by Winograd's algorithm, and its training.

For others: `cluster` of ``training``, and `FixedNetwork` of ``network``, which is applied to
tiles.
"""
