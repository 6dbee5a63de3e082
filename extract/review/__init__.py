"""The review queue web application."""
