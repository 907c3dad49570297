"""What several formats are made of: polygons, names of labels, the table of regions, pages of TIFF.

For the modules of :mod:`segprior.io` alone, but for `region_table`, which results offer.
"""
