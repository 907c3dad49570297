"""Segmentation steered by hand: clicks, boxes and scribbles on an image that was looked at once."""
