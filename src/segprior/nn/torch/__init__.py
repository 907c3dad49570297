"""The generator in plain PyTorch: the reference that tests hold the loops to, on any device.

For others: `TorchEngine`; `Generator` and `Adam` where Double-DIP fits three of them together.
"""
