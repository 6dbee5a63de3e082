"""The storage boundary: the only SQL."""
