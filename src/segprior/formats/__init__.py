"""Files in and out: opening, decoding, encoding, and writing without half-written results."""
