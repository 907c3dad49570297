"""Where and how work runs: devices, threads, processes, memory, compiled loops, seeds, plugins.

For others: ``devices``, ``seeding.as_seed``, ``loops``, ``extras.need``, ``plugins``,
``processes`` and ``worker_pool``. It knows nothing of images.
"""
