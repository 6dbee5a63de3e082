"""The report site, made from a snapshot and nothing else."""
