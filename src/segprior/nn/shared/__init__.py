"""What both implementations of the generator start from and share."""
