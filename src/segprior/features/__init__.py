"""What is measured at a pixel: gradients, textons, superpixels, patches, saliency."""
