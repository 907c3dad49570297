"""Contours of masks and label maps: brought to the edges of an image, and made soft."""
