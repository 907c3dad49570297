"""The generator in compiled loops, for a CPU; one thread a member.

For others: `CompiledEngine`; `CompiledGenerator` and `ArrayAdam` where Double-DIP fits three of
them together.
"""
