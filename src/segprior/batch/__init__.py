"""Many images: items, storage, the manifest of what is done, and clusters of machines."""
