"""What may be typed after ``segprior``, and what the help says of it."""
