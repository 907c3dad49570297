"""Label maps and their regions: merging over an adjacency graph, hierarchies, GrabCut, polarity.

For others: `Hierarchy`, `find_regions` of ``merging``, ``label_map``, ``grabcut`` and
``polarity``; ``adjacency`` is a part of merging, and ``*_plain`` stand in for compiled loops.
"""
