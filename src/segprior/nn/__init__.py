"""Networks that are fitted to one image, and the choice of how they are computed."""
