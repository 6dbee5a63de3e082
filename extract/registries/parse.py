"""ClinicalTrials.gov's JSON (API v2) as values; pure.

Field names are those of the API's data structure (https://clinicaltrials.gov/data-api/about-api/study-data-structure).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from extract.errors import DocumentError
from extract.registries.ids import usual_form
from extract.schema.record import Pmid

_NCT = re.compile(r"NCT[0-9]{8}")
_PARTIAL_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")

#: Overall statuses of trials that may still bring results (API v2, enumeration Status).
ONGOING = frozenset(
    {"NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "SUSPENDED"}
)


@dataclass(frozen=True, slots=True)
class RegistryTrial:
    """A trial as its registry describes it.

    Parameters
    ----------
    nct_id
        ClinicalTrials.gov's id.
    other_ids
        Ids in other registries and of the sponsor, in their usual form where it is known.
    brief_title, official_title, acronym
        As registered; official title and acronym may be missing.
    status
        ``overallStatus`` of the API, such as "RECRUITING" or "TERMINATED"; ``why_stopped`` its reason.
    start, primary_completion, completion
        Partial ISO dates (YYYY, YYYY-MM or YYYY-MM-DD), None where not given.
    primary_completion_is_estimate
        Whether the primary completion still lies ahead ("ESTIMATED").
    last_update, results_posted
        ISO dates of posting.
    randomised
        Whether the allocation is "RANDOMIZED"; None where not stated.
    enrolment
        Number of participants, planned or actual.
    conditions, interventions
        Names as registered.
    has_results
        Whether results are posted.
    report_pmids
        Publications the registry lists for the trial, with its kind ("RESULT", "DERIVED", "BACKGROUND").
    """

    nct_id: str
    other_ids: tuple[str, ...]
    brief_title: str
    official_title: str | None
    acronym: str | None
    status: str
    why_stopped: str | None
    start: str | None
    primary_completion: str | None
    primary_completion_is_estimate: bool
    completion: str | None
    last_update: str | None
    results_posted: str | None
    randomised: bool | None
    enrolment: int | None
    conditions: tuple[str, ...]
    interventions: tuple[str, ...]
    has_results: bool
    report_pmids: tuple[tuple[str, Pmid], ...]

    def is_ongoing(self) -> bool:
        """Tell whether results may still come."""
        return self.status in ONGOING


def parse_studies(body: bytes) -> tuple[RegistryTrial, ...]:
    """Return the trials of a ``/studies`` page or of one ``/studies/{id}`` answer.

    Raises
    ------
    DocumentError
        If the body is no such answer, or a trial lacks id, title or status, or has a date that is none.
    """
    try:
        value = json.loads(body)
    except ValueError as error:
        raise DocumentError(f"ClinicalTrials.gov's answer is not JSON: {error}") from error
    if isinstance(value, dict) and "protocolSection" in value:
        return (_trial(value),)
    studies = value.get("studies") if isinstance(value, dict) else None
    if not isinstance(studies, list):
        raise DocumentError("ClinicalTrials.gov's answer has neither 'studies' nor a 'protocolSection'")
    return tuple(_trial(study) for study in studies)


def _trial(study: object) -> RegistryTrial:
    protocol = _mapping(_mapping(study).get("protocolSection"))
    identity = _mapping(protocol.get("identificationModule"))
    status = _mapping(protocol.get("statusModule"))
    design = _mapping(protocol.get("designModule"))
    nct_id = str(identity.get("nctId", ""))
    if not _NCT.fullmatch(nct_id):
        raise DocumentError(f"ClinicalTrials.gov: {nct_id!r} is no NCT number")
    primary = _mapping(status.get("primaryCompletionDateStruct"))
    enrolment = _mapping(design.get("enrollmentInfo")).get("count")
    allocation = _text(_mapping(design.get("designInfo")), "allocation")
    return RegistryTrial(
        nct_id=nct_id,
        other_ids=_other_ids(identity),
        brief_title=_required(identity, "briefTitle", nct_id),
        official_title=_text(identity, "officialTitle"),
        acronym=_text(identity, "acronym"),
        status=_required(status, "overallStatus", nct_id),
        why_stopped=_text(status, "whyStopped"),
        start=_date(status, "startDateStruct", nct_id),
        primary_completion=_date(status, "primaryCompletionDateStruct", nct_id),
        primary_completion_is_estimate=primary.get("type") == "ESTIMATED",
        completion=_date(status, "completionDateStruct", nct_id),
        last_update=_date(status, "lastUpdatePostDateStruct", nct_id),
        results_posted=_date(status, "resultsFirstPostDateStruct", nct_id),
        randomised=None if allocation in (None, "NA") else allocation == "RANDOMIZED",
        enrolment=enrolment if isinstance(enrolment, int) else None,
        conditions=_names(_mapping(protocol.get("conditionsModule")).get("conditions")),
        interventions=_names(_mapping(protocol.get("armsInterventionsModule")).get("interventions")),
        has_results=_mapping(study).get("hasResults") is True,
        report_pmids=_reports(_mapping(protocol.get("referencesModule")).get("references")),
    )


def _mapping(value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DocumentError(f"ClinicalTrials.gov: expected an object, found {str(value)[:60]!r}")
    return value


def _items(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise DocumentError(f"ClinicalTrials.gov: expected a list, found {str(value)[:60]!r}")
    return value


def _text(level: Mapping[str, object], name: str) -> str | None:
    value = level.get(name)
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _required(level: Mapping[str, object], name: str, nct_id: str) -> str:
    value = _text(level, name)
    if value is None:
        raise DocumentError(f"ClinicalTrials.gov: {nct_id}: {name} is missing")
    return value


def _date(level: Mapping[str, object], name: str, nct_id: str) -> str | None:
    """Return a partial ISO date; one that is none is refused."""
    value = _mapping(level.get(name)).get("date")
    if value is None:
        return None
    text = str(value)
    if _PARTIAL_DATE.fullmatch(text):
        try:
            dt.date.fromisoformat((text + "-01-01")[:10])
        except ValueError:
            pass
        else:
            return text
    raise DocumentError(f"ClinicalTrials.gov: {nct_id}: {name}: {text!r} is no date (YYYY-MM-DD, YYYY-MM or YYYY)")


def _names(value: object) -> tuple[str, ...]:
    """Return names given as text or as objects with a name."""
    names = (item if isinstance(item, str) else _text(_mapping(item), "name") for item in _items(value))
    return tuple(name for name in names if name)


def _other_ids(identity: Mapping[str, object]) -> tuple[str, ...]:
    infos = [identity.get("orgStudyIdInfo"), *_items(identity.get("secondaryIdInfos"))]
    texts = [_text(_mapping(info), "id") for info in infos]
    return tuple(dict.fromkeys(usual_form(text) or text for text in texts if text))


def _reports(value: object) -> tuple[tuple[str, Pmid], ...]:
    found = []
    for item in _items(value):
        reference = _mapping(item)
        pmid = _text(reference, "pmid")
        if pmid is not None and pmid.isdecimal():
            found.append((_text(reference, "type") or "", Pmid(pmid)))
    return tuple(found)
