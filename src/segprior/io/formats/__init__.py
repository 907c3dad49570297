"""One file for each format: a module that holds ``FORMAT``, which the registry finds by itself."""
