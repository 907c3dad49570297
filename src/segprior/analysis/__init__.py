"""What the prior of an image is: spectrum, edges, principal components, stability."""
