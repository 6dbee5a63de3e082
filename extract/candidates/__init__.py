"""Text to proposed values with their exact place; pure."""
