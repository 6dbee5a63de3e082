"""The curated rows the review starts from, each with its citation."""
