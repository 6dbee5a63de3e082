"""Flows: the only package that knows Prefect, the clock, the environment and where files are."""
