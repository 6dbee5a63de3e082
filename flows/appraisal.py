"""Agreed judgements on their way into the snapshot: rows for the pages, levels for weights and pools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from extract.appraisal.judgement import tool_for
from extract.appraisal.tools import OVERALL
from extract.review.bias import Assessment
from extract.schema.protocol import AnalysisPlan, Protocol
from extract.store.versions import content_hash
from flows.derivation import Derived
from flows.frozen import FrozenTable
from reports.rows import BiasRow

Levels: TypeAlias = Mapping[tuple[str, str], str]
"""Agreed overall level by study and outcome."""

HIGH = ("high", "serious", "critical")
SOME = ("some_concerns", "moderate", "no_information")


def agreed_levels(table: FrozenTable) -> Levels:
    """Return the overall level of every result whose judgement holds for its present values and reports."""
    return {
        (one.result.study.study_id, one.result.outcome): one.agreed.judgement.levels[OVERALL]
        for one in table.judged
        if one.agreed is not None and one.state == "agreed"
    }


def level_of(derived: Derived, levels: Levels) -> str | None:
    """Return the level of the result a value belongs to, None where nobody judged it."""
    return levels.get((derived.frozen.family.study_id, derived.frozen.used.outcome))


def weight_at(pooled: Sequence[Derived], weights: Sequence[float], levels: Levels, at: Sequence[str | None]) -> float:
    """Return how many percent of the weight come from results at one of these levels."""
    found = sum(w for d, w in zip(pooled, weights, strict=True) if level_of(d, levels) in at)
    return float(min(found, 100.0))


def inputs_fingerprint(pooled: Sequence[Derived], levels: Levels, plan: AnalysisPlan) -> str:
    """Return the hash of what a certainty is decided on: each estimate, how it was made, its risk of bias, the method.

    Numbers are rounded to nine digits: a newer library that differs behind them is no new evidence.
    """
    inputs = [
        [
            d.frozen.value.value_id,
            round(d.effect.log_hr, 9),
            round(d.effect.se_log_hr, 9),
            d.frozen.family.design,
            d.frozen.used.immortal_time,
            level_of(d, levels),
        ]
        for d in pooled
        if d.effect is not None
    ]
    return content_hash([sorted(inputs, key=json.dumps), plan.method, plan.ci_method, plan.level])


def bias_rows(table: FrozenTable, protocol: Protocol) -> tuple[BiasRow, ...]:
    """Return the agreed judgements as rows of the snapshot, in the order of study, outcome and domain."""
    return tuple(row for one in table.judged for row in _rows(one, protocol))


def _rows(assessment: Assessment, protocol: Protocol) -> list[BiasRow]:
    agreed = assessment.agreed
    if agreed is None:
        return []
    judgement = agreed.judgement
    tool = tool_for(judgement.tool, protocol.appraisal.confounders)
    labels = {domain.code: domain.label for domain in tool.domains} | {OVERALL: "Overall"}
    return [
        BiasRow(
            study_id=assessment.result.study.study_id,
            outcome=assessment.result.outcome,
            tool=judgement.tool,
            domain=code,
            domain_label=labels[code],
            judgement=one.level,
            proposed=one.proposed,
            override=one.override or None,
            support="; ".join(f"{by}: {text}" for by, text in agreed.supports.get(code, ())) or None,
            judges="; ".join(agreed.judges),
            settled_by=agreed.settled_by,
            judged_on=agreed.on,
            to_confirm=assessment.state != "agreed",
        )
        for code, one in judgement.domains.items()
    ]
