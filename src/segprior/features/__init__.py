"""What is measured at a pixel: gradients, textons, superpixels, patches, saliency.

For others: all functions without an underscore; they take float32 (H, W, C) and give maps or
tables.
"""
