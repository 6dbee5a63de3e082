"""From the outside world to an approved row."""
