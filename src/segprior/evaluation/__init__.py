"""From a data set and methods to scores and tables."""
