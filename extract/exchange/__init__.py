"""References of other databases in, ours out: RIS, BibTeX, NBIB (MEDLINE) and CSV. Pure: bytes to values and back."""
