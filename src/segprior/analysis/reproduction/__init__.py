"""The figures of the DSP publication, made again."""
