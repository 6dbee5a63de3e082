"""Open-access full text (JATS)."""
