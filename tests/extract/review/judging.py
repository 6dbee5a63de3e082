"""A curated result to judge, and forms as judges fill them in."""

from __future__ import annotations

from extract.appraisal.judgement import Judgement, read_judgement
from extract.appraisal.rob2 import ROB2
from extract.appraisal.robins import robins
from extract.schema.value import ReportedValue
from extract.store.curated import CuratedValue, Report, TrialFamily, put_family, put_report, put_value
from extract.store.engine import Store
from tests.stores import AT, protocol

PROTOCOL = protocol()
ROBINS = robins(PROTOCOL.appraisal.confounders)

GOOD_ANSWERS = {
    "answer-1.1": "Y", "answer-1.2": "PY", "answer-1.3": "N",
    "answer-2.1": "Y", "answer-2.2": "Y", "answer-2.3": "PN", "answer-2.6": "Y",
    "answer-3.1": "Y",
    "answer-4.1": "N", "answer-4.2": "PN", "answer-4.3": "Y", "answer-4.4": "N",
    "answer-5.1": "Y", "answer-5.2": "N", "answer-5.3": "PN",
}  # fmt: skip
"""Every domain low: concealed allocation, no deviation because of the trial, intention to treat, death, a protocol."""


def trial_form(**changes: str) -> dict[str, str]:
    """Return a RoB 2 form of a careful trial; ``changes`` by field, dots and hyphens as ``__`` and ``_``."""
    supports = {f"support-{domain.code}": f"what the report says on {domain.label}" for domain in ROB2.domains}
    named = {name.replace("__", ".").replace("_", "-"): text for name, text in changes.items()}
    return {**GOOD_ANSWERS, **supports, **named}


def trial_judgement(**changes: str) -> Judgement:
    """Return the judgement of :func:`trial_form`."""
    return read_judgement(ROB2, trial_form(**changes))


def cohort_form(*, dealt_with: str = "N", **changes: str) -> dict[str, str]:
    """Return a ROBINS-I form of a cohort that adjusted for everything."""
    answers = {f"answer-{q.code}": "Y" for q in ROBINS.domains[0].questions}
    answers |= {"answer-T1": "Y", "answer-T2": "Y", "answer-T3": dealt_with}
    supports = {f"support-{domain.code}": f"what the report says on {domain.label}" for domain in ROBINS.domains}
    levels = {f"level-{code}": "low" for code in ("B4", "B5", "B6", "B7")}
    named = {name.replace("_", "-"): text for name, text in changes.items()}
    return {**answers, **supports, **levels, **named}


def put_result(store: Store, *, design: str = "rct", study_id: str = "Trial-A", immortal_time: str = "none") -> str:
    """Put one study with one report and one poolable value into the curated table; return the item to judge."""
    with store.write() as tx:
        put_family(tx, TrialFamily(study_id, design, None, "queue", {"label": study_id}))
        add_report(tx_store=tx, study_id=study_id, report_id=f"{study_id}-2020")
        put_value(tx, value_of(f"{study_id}-2020", immortal_time=immortal_time))
    return f"{study_id}~OS"


def add_report(*, tx_store, study_id: str, report_id: str) -> None:  # type: ignore[no-untyped-def]
    """Add a report of a study."""
    put_report(tx_store, Report(report_id, study_id, None, None, "queue", {"report_type": "primary", "year": 2020}))


def value_of(report_id: str, *, immortal_time: str = "none", number: int = 1) -> CuratedValue:
    """Return an approved hazard ratio of overall survival."""
    reported = ReportedValue(
        outcome="OS",
        subtype="all",
        pattern="all",
        population=None,
        measure="HR",
        estimate=0.8,
        ci_low=0.6,
        ci_high=1.07,
        ci_level=95.0,
        p_value=None,
        p_sided=None,
        numerator_arm="surgery",
        denominator_arm="no_surgery",
        immortal_time=immortal_time,
        adjusted="yes",
    )
    value_id = f"{report_id}--os--all--all--{number}".lower()
    return CuratedValue(value_id, report_id, "queue", "approved", reported, (), ("a", "b"), AT, None, None)
