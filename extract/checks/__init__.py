"""Plausibility checks: one check a file, one code each; pure."""
