"""Label maps and their regions: merging, hierarchies, GrabCut, polarity."""
