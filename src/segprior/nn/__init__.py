"""Networks that are fitted to one image: in plain PyTorch, and in compiled loops for a CPU.

For others: `CompiledEngine` and `TorchEngine`, which keep to one protocol, and ``clustering``.
"""
