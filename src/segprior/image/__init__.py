"""Arrays to arrays: values, colour, sizes, noise, filters, and pictures to look at."""
