"""What a user would pick instead: segmenters that know nothing but the image."""
