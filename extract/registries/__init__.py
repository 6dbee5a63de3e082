"""Trial registries."""
