"""The API of the review queue: everything a page can do, for programs that act for a person."""
