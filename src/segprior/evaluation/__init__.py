"""From a data set and methods to scores and tables.

For others: `evaluate_regions` and `evaluate_foreground`, and `catalogue`, all that can be scored.
"""
