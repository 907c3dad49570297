"""Files as such: sources of bytes, atomic writing, folders, JSON lines."""
