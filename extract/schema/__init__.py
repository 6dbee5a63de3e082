"""Vocabulary, columns and value types; imports nothing of ours."""
