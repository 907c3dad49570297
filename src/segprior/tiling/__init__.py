"""Images too large for memory: a grid of tiles, how large they may be, an overview."""
