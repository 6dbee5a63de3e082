"""Backups of the whole state: made while nights and approvals run, verified, and put back into an empty state."""
