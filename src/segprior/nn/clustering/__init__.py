"""The network that clusters pixels, by the compiled loops and in plain PyTorch, and its training.

For others: `cluster` of ``training``, and `make_fixed` of ``engine``, for tiles.
"""
