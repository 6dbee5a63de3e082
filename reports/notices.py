"""What a notice on an included report means for the results on the page, in words."""

from __future__ import annotations

REMOVES = ("RetractionIn", "RetractedandRepublishedIn", "Retracted Publication", "Deleted")
"""Kinds of notice that take a report's values out of every pool; the others leave them there, marked."""

TOLD_ONLY = ("RegistryStatus",)
"""Kinds that re-open nothing."""


def notice_consequence(alert: str, *, results_here: bool = True) -> str:
    """Return what follows from a report's notices (``kind: notice; kind: notice``), the gravest one deciding.

    Parameters
    ----------
    results_here
        Whether pooled results stand on the page; a study's page has none.
    """
    kinds = {part.partition(":")[0].strip() for part in alert.split(";")}
    if kinds & set(REMOVES):
        if not results_here:
            return "Its values have left every pool."
        return (
            "Its values have left every pool: the results on this page are without them, "
            "and the page on what changed shows before and after."
        )
    if kinds <= set(TOLD_ONLY):
        return "No value is affected."
    return "Its values are looked at again; until reviewers have decided, the result stands as it is."
