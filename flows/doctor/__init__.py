"""``living-review doctor``: looks at everything the review stands on, changes nothing, and says what to do."""
