"""Images too large for memory: a grid of tiles, how large they may be, an overview.

For others: `Overview`, `Tiling` and `blend` of ``grid``, `plan_tiles`, `TileModel` and `Fitting`
of ``model``, and ``bands`` for what is found on the image reduced.
"""
