"""Another question needs another protocol and no other template."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reports.html_reading import read_page
from reports.model import Certainty, Snapshot
from reports.pages.answer import answer, living_scenarios
from reports.pages.edition import Edition
from reports.pages.site_pages import WHOLE
from reports.site import build_site
from reports.terms import terms_of
from tests.reports.snapshots import PRINTED, SITE_URL, TRIALS, protocol, snapshot, status, synthesis

OURS = re.compile(r"breast|tumour|surger|operation|operated|HER2|hormone|metast", re.IGNORECASE)


def other_protocol(*, patients: bool) -> dict[str, Any]:
    """Return a protocol that asks about radiotherapy of the prostate, in other words everywhere."""
    plan = protocol()
    plan["question"] = {
        **dict.fromkeys(plan["question"], "Words of people."),
        "title": "Does radiotherapy prolong survival?",
        "short_title": "Prostate radiotherapy",
        "population": "Men with prostate cancer",
        "groups": ["stage", "site"],
        "pattern_noun": None,
    }
    plan["eligibility"]["criteria"] = [f"Criterion {i}" for i in range(6)]
    plan["eligibility"]["exclusion_reasons"] = [{"code": "review", "label": "Review"}]
    plan["search"] = [{**plan["search"][0], "query": "prostate", "adapted_from": ["nobody"], "limits": "none"}]
    plan.pop("registries", None)
    for name in ("subtypes", "patterns"):
        plan[name] = [{"slug": "all", "label": f"All {name}", "definition": "Everyone"}]
    plan["outcomes"] = [
        {"code": "OS", "label": "Overall survival", "definition": "Death", "role": "primary", "event": "death"}
    ]
    plan["arms"] = [
        {"code": "surgery", "role": "intervention", "label": "Radiotherapy of the prostate", "short": "radiotherapy"},
        {"code": "no_surgery", "role": "comparator", "label": "No radiotherapy", "short": "no radiotherapy"},
    ]
    plan["editorial"] = {
        **dict.fromkeys(plan["editorial"], "Words."),
        "amendments": [],
        "date": "2026-11-01",
        "written_for": None,
    }
    if patients:
        plan["patients"] = {
            **dict.fromkeys(plan["patients"], "Plain words."),
            "treatment": "radiation",
            "benefit": "people live longer with radiation",
            "not_said": ["Not this."],
            "ask": ["What for?"],
        }
    else:
        del plan["patients"]
    return plan


def other_question(*, patients: bool) -> Snapshot:
    """Return a snapshot of that protocol; the studies keep their numbers and lose their names."""
    content = snapshot(TRIALS)
    terms = terms_of(other_protocol(patients=patients))
    main = synthesis(TRIALS, treatment=terms.treatment, short=terms.short)
    unnamed = content.validation.model_copy(update={"naive_explanation": "Words.", "reproductions": ()})
    return content.model_copy(
        update={
            "protocol": other_protocol(patients=patients),
            "results": (main.model_copy(update={"absolute": (), "living_times": None}),),
            "decisions": (),
            "excluded": (),
            "validation": unnamed,
            "values": tuple(v.model_copy(update={"correction": None}) for v in content.values),
        }
    )


@pytest.mark.parametrize("patients", [True, False])
def test_another_question_is_told_in_its_own_words_on_every_page(tmp_path: Path, patients: bool) -> None:
    build_site(other_question(patients=patients), status=status(), out=tmp_path, site_url=SITE_URL)
    for page in tmp_path.rglob("*.html"):
        found = OURS.search(read_page(page).text)
        assert found is None, f"{page.relative_to(tmp_path)}: {found and found.group()!r}"
    assert "favours radiotherapy" in read_page(tmp_path / "subtype/all/index.html").text


def test_the_patients_page_says_the_protocols_sentences() -> None:
    texts = terms_of(protocol()).patients
    assert texts.question.startswith("When breast cancer has already spread")
    assert terms_of(protocol()).favours == ("favours surgery", "favours no surgery")


def test_three_scenarios_are_the_multiples_of_kiely_on_the_printed_median() -> None:
    # Kiely 2011 (doi 10.1200/JCO.2010.30.2174): 0.25, 0.5 to 2 and 3 times the median; E2108 prints 53.1 months.
    words = [one.words for one in living_scenarios(snapshot().results[0].living_times)]
    assert words == [
        "of 10 people, 1 lives longer than about 13 years.",
        "of 10 people, 5 live between about 2 years and about 9 years.",
        "of 10 people, 1 lives shorter than about 13 months.",
    ]


def test_survival_at_five_years_lies_on_the_curve_through_the_two_printed_figures() -> None:
    # Weibull: S(t) = exp(-(t/b)^a) with S(36) = 0.679 and S(53.1) = 0.5 (Khan 2022).
    from math import exp, log

    a = log(log(2) / -log(0.679)) / log(53.1 / 36)
    at_60 = 100 * exp(-log(2) * (60 / 53.1) ** a)
    stated = {row["months"]: row["percent"] for row in protocol()["analysis"]["control_survival"]}
    assert stated[60.0] == pytest.approx(at_60, abs=0.05)


def test_certainty_stands_in_the_answer_and_says_who_decided() -> None:
    content = snapshot()

    def second(certainty: Certainty) -> str:
        results = tuple(
            s.model_copy(update={"certainty": certainty}) if s.synthesis_id == "os--all--all--randomised" else s
            for s in content.results
        )
        return answer(Edition(content.model_copy(update={"results": results})), WHOLE)[1]

    proposed = Certainty(level="low", reasons=("imprecision",))
    assert "the rules rate the certainty of this evidence as low, which no person has decided yet" in second(proposed)
    decided = proposed.model_copy(update={"decided_by": "adjudicator"})
    assert second(decided).endswith("the certainty of this evidence is low.")


@pytest.mark.parametrize(
    ("i2", "prediction", "words"),
    [
        (0.0, True, "The trials agree no less than chance would let them (I² 0\u00a0%), but they are few."),
        # By definition an I² above 0 is a Q above its degrees of freedom: more disagreement than expected.
        (30.0, True, "The trials disagree a little more than chance would let them (I² 30\u00a0%), and they are few."),
        (62.0, False, "The trials disagree more than chance explains (I² 62\u00a0%)."),
        (
            62.0,
            True,
            "The trials disagree more than chance explains (I² 62\u00a0%): in a new setting the true hazard ratio",
        ),
    ],
)
def test_how_far_the_trials_agree_is_said_by_i2_alone(i2: float, prediction: bool, words: str) -> None:
    content = snapshot()
    found = content.result("os--all--all--randomised")
    assert found is not None
    assert found.primary is not None
    shown = found.primary.model_copy(update={"i2": i2} | ({} if prediction else {"prediction": None}))
    changed = found.model_copy(update={"primary": shown, "absolute": (), "certainty": None})
    results = tuple(changed if s is found else s for s in content.results)
    second = answer(Edition(content.model_copy(update={"results": results})), WHOLE)[1]
    assert second.startswith(words)


@pytest.mark.parametrize(
    ("k", "words"), [(1, "One observational study exists and is"), (2, "Observational studies exist")]
)
def test_one_observational_study_is_not_told_as_several(k: int, words: str) -> None:
    content = snapshot([one for one in PRINTED if one.design != "rct"][:k])
    assert answer(Edition(content), WHOLE)[1].startswith(words)
