"""Masks of the object of an image."""
