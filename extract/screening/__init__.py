"""Ranking of records, stop rule, recall estimate: the order in which people read, never what they may not read."""
