"""The generator in plain PyTorch: the reference, and what runs on any device."""
