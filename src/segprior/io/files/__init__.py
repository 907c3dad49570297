"""Files as such: sources of bytes, atomic writing, folders, JSON lines.

For others: ``atomic``, ``folder``, ``jsonl`` and ``source``.
"""
