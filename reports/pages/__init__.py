"""Pages: what stands on each is computed here as frozen values, templates only lay it out."""
