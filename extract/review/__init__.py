"""The review queue: views, actions (a verb, keyword-only, ``by=``, one transaction) and, on top, the application."""
