"""Many images: items, storage, the manifest of what is done, and clusters of machines.

For others: `run_batch` of ``run``; ``items`` for what becomes of which file.
"""
