"""Label maps of an image, the number of classes unknown, one method a file.

For others: `segment` and its core `find_classes` of ``api``, `segment_hierarchy` and
`build_hierarchy`, `SegmentConfig` and `Classes`.
"""
