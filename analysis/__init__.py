"""Meta-analysis of log hazard ratios: arrays and dataclasses in, dataclasses out; no input or output."""
