"""Figures: coordinates are computed here, drawn by SVG templates; each has a title, a description and a table."""
