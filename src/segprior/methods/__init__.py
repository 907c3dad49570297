"""What segments an image, one method a file."""
