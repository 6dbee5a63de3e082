"""Whether this place shows deliberate errors to first readers, and with which secret."""

from __future__ import annotations

from extract.review.seeding import SeedPlan
from flows.errors import SettingsError
from flows.settings import Settings


def seed_plan(settings: Settings) -> SeedPlan | None:
    """Return the plan the protocol asks for; never in a rehearsal, where nobody's reading is to be measured.

    Raises
    ------
    SettingsError
        The protocol asks for deliberate errors, but there is no secret that decides which proposals get one.
    """
    one_in = settings.protocol.appraisal.seeded_errors_one_in
    if not one_in or settings.rehearsal:
        return None
    if not settings.secret_key:
        raise SettingsError(
            f"LIVING_REVIEW_SECRET_KEY is not set, but the protocol asks for a deliberate error in 1 of {one_in} "
            "proposals (appraisal.seeded_errors_one_in) and reviewers must not be able to tell which: set it to a "
            "random text, or set seeded_errors_one_in = 0"
        )
    return SeedPlan(settings.secret_key.encode(), one_in)
