"""The network that clusters pixels, in plain PyTorch and by Winograd's algorithm."""
