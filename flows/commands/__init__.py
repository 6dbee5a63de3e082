"""Groups of commands of ``living-review``."""
