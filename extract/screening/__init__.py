"""Ranking of records that wait for screening."""
