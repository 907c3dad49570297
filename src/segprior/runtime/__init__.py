"""Where and how work runs: devices, threads, processes, memory, compilation, seeds, extras."""
