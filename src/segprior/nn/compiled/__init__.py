"""The generator in compiled loops, for a CPU."""
