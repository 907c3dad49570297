"""The one home of every default: presets, checks, and one file for each configuration."""
