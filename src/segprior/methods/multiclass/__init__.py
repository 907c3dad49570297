"""Label maps of an image, the number of classes unknown."""
