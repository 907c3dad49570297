"""The prior of an image: `Prior`, `fit_prior`, and the loop that fits its members."""
