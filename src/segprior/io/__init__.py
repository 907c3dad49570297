"""Files and arrays in and out: reading, decoding, encoding, and writing whole or not at all."""
