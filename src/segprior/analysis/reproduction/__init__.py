"""The figures of the DSP publication, made again.

For others: `reproduce` of ``reproduce``.
"""
