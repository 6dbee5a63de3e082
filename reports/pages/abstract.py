"""The structured abstract of a report: twelve labelled parts (PRISMA 2020 for abstracts)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.notation import count, level, limits, limits_in_words, number_word, percent, ratio_number
from reports.pages.answer import answer, interpretation
from reports.pages.edition import Edition, Stratum
from reports.taxonomy import ALL, inside_sentence, population_words


def abstract(edition: Edition, stratum: Stratum) -> tuple[tuple[str, str], ...]:
    """Return label and text of each part; none is empty."""
    protocol: Mapping[str, Any] = edition.snapshot.protocol
    question, editorial = protocol["question"], protocol["editorial"]
    where = population_words(edition.taxonomy, subtype=stratum.subtype, pattern=stratum.pattern)
    primary = edition.taxonomy.primary
    return (
        ("Title", f"{edition.title(stratum)}, version {edition.version}"),
        (
            "Objective",
            f"To find out whether {edition.terms.treatment} changes {primary.in_text}{' ' + where if where else ''}. "
            f"Population: {question['population']}{'; here: ' + edition.subject(stratum) if where else ''}.",
        ),
        ("Eligibility", "; ".join(protocol["eligibility"]["criteria"]) + "."),
        ("Sources", f"PubMed, searched every night; last complete search through {edition.searched_day}."),
        ("Risk of bias", f"RoB 2 for randomised trials and ROBINS-I for other studies; {_judged(edition)}."),
        ("Synthesis", _method(protocol)),
        ("Included studies", _included(edition, stratum)),
        ("Main result", _result(edition, stratum)),
        ("Limitations", editorial["limits_of_evidence"] + " " + editorial["limits_of_process"]),
        ("Interpretation", _interpretation(edition, stratum)),
        ("Funding", editorial["funding"].rstrip(".") + "."),
        ("Registration", editorial["registration"]),
    )


def _interpretation(edition: Edition, stratum: Stratum) -> str:
    """Return what people wrote on everyone; on a page about some, after what the trials say about them."""
    written = interpretation(edition)
    if (stratum.subtype, stratum.pattern) == (ALL, ALL):
        return written
    return f"{answer(edition, stratum)[0]} For all patients together: {inside_sentence(written)}"


def _judged(edition: Edition) -> str:
    done, studies = edition.judged_studies
    return f"{done} of {studies} studies judged so far" if done else "no judgement has been made yet"


def _method(protocol: Mapping[str, Any]) -> str:
    plan = protocol["analysis"]
    ci = {"hksj": "Hartung–Knapp", "wald": "Wald"}.get(plan["ci_method"], plan["ci_method"])
    return (
        f"Random effects ({plan['method']}, {ci} interval at {level(plan['level'])}) on log hazard ratios, one "
        "estimate for each trial family; randomised and observational evidence apart."
    )


def _included(edition: Edition, stratum: Stratum) -> str:
    words = []
    for body, name in (("randomised", "randomised"), ("observational", "observational")):
        synthesis = edition.synthesis(stratum, outcome=edition.taxonomy.primary.code, body=body)
        if synthesis is None or not synthesis.k:
            words.append(f"no {name} study")
            continue
        patients = f" ({count(synthesis.participants)} patients)" if synthesis.participants else ""
        words.append(f"{number_word(synthesis.k)} {name} {'study' if synthesis.k == 1 else 'studies'}{patients}")
    return " and ".join(words).capitalize() + " pooled for the primary outcome."


def _result(edition: Edition, stratum: Stratum) -> str:
    synthesis = edition.synthesis(stratum, outcome=edition.taxonomy.primary.code, body="randomised")
    if synthesis is None or synthesis.primary is None:
        return "No randomised data."
    pooled = synthesis.primary
    text = (
        f"{'One randomised trial' if synthesis.k == 1 else 'Randomised trials'}: "
        f"hazard ratio {ratio_number(pooled.ratio.estimate)} "
        f"({level(pooled.ratio.level)} confidence interval {limits_in_words(pooled.ratio)}); "
        f"below 1 {edition.terms.favours[0]}"
    )
    if pooled.prediction is not None:
        text += f"; prediction interval {limits(pooled.prediction)}"
    if pooled.i2 is not None:
        text += f"; I² {percent(pooled.i2)}"
    return text + "."
