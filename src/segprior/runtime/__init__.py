"""Where and how work runs: devices, threads, processes, memory, compilation, seeds, plugins.

For others: ``devices``, ``seeding.as_seed``, ``loops``, ``extras.need``, ``plugins``,
``bands``, ``processes`` and ``worker_pool``. It knows nothing of images.
"""
