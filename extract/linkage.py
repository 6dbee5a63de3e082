"""Reports to trial families, with the evidence for each link; pure."""
