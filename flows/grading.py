"""What the snapshot says about certainty and about differences between subgroups; rules propose, people decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from analysis.certainty import EvidenceFacts, propose_certainty
from analysis.models import MetaAnalysis
from analysis.subgroups import subgroup_analysis
from extract.review.certainty import AgreedRating, Ratings
from extract.schema.protocol import AnalysisPlan, Protocol, TaxonomyEntry
from extract.schema.vocabulary import Body
from flows.appraisal import HIGH, SOME, Levels, inputs_fingerprint, level_of, weight_at
from flows.derivation import HANDLED, Derived
from reports.model import Certainty, CertaintyDomain, Interaction, Synthesis

LEAST_STUDIES = 2
"""Studies a subgroup needs before its pooled result is compared with another's."""


def certainty_of(
    pooled: Sequence[Derived],
    result: MetaAnalysis | None,
    body: Body,
    plan: AnalysisPlan,
    *,
    levels: Levels,
    of: Ratings,
) -> Certainty | None:
    """Return the certainty people decided on exactly these inputs, else what the rules propose, with the reasons.

    Parameters
    ----------
    levels
        Agreed risk of bias; its weight feeds the proposal.
    of
        What people decided on this synthesis; a decision on other inputs is shown as a former one, to be confirmed.
    """
    if result is None or len(pooled) < LEAST_STUDIES:
        return None
    proposal = propose_certainty(_facts(pooled, result, body, levels))
    fingerprint = inputs_fingerprint(pooled, levels, plan)
    proposed = Certainty(
        level=proposal.proposed,
        reasons=tuple(
            f"{domain.domain}: {domain.reason}" + (" (a person must judge this)" if domain.needs_person else "")
            for domain in proposal.domains
            if domain.steps or domain.needs_person
        ),
        proposed=proposal.proposed,
        domains=tuple(CertaintyDomain(**asdict(domain)) for domain in proposal.domains),
        inputs_sha256=fingerprint,
    )
    return _with_decision(proposed, of.agreed)


def _facts(pooled: Sequence[Derived], result: MetaAnalysis, body: Body, levels: Levels) -> EvidenceFacts:
    weights = list(result.weights)
    randomised = body is Body.RANDOMISED
    exposed = sum(w for d, w in zip(pooled, weights, strict=True) if d.frozen.used.immortal_time not in HANDLED)
    judged = any(level_of(derived, levels) for derived in pooled)
    return EvidenceFacts(
        result=result,
        randomised=randomised,
        weight_high_risk=weight_at(pooled, weights, levels, HIGH) if judged else None,
        weight_some_concerns=weight_at(pooled, weights, levels, SOME) if judged else None,
        weight_not_judged=weight_at(pooled, weights, levels, (None,)) if judged else 0.0,
        immortal_time_weight=None if randomised else min(exposed, 100.0),
    )


def _with_decision(proposed: Certainty, agreed: AgreedRating | None) -> Certainty:
    if agreed is None:
        return proposed
    who = "; ".join(agreed.judges) + (f"; settled by {agreed.settled_by}" if agreed.settled_by else "")
    if agreed.fingerprint != proposed.inputs_sha256:
        return proposed.model_copy(update={"former_level": agreed.level, "former_by": who, "former_on": agreed.on})
    words = tuple(text for _, text in agreed.reasons)
    return proposed.model_copy(
        update={
            "level": agreed.level,
            "reasons": tuple(dict.fromkeys((*words, *proposed.reasons))),
            "decided_by": who,
            "decided_on": agreed.on,
        }
    )


def with_interactions(syntheses: tuple[Synthesis, ...], protocol: Protocol) -> tuple[Synthesis, ...]:
    """Add the tests of interaction to the synthesis of everyone, where at least two subgroups can be compared.

    Only subgroups that share nobody are compared: entries of the taxonomy that lie within no other.
    """
    found = {(s.outcome, s.subtype, s.pattern, s.body): s for s in syntheses}
    done = []
    for whole in syntheses:
        if (whole.subtype, whole.pattern) != ("all", "all"):
            done.append(whole)
            continue
        subtypes = [found.get((whole.outcome, e.slug, "all", whole.body)) for e in _leaves(protocol.subtypes)]
        patterns = [found.get((whole.outcome, "all", e.slug, whole.body)) for e in _leaves(protocol.patterns)]
        tests = (
            _interaction("subtype", [s for s in subtypes if s is not None], protocol.analysis),
            _interaction("pattern", [s for s in patterns if s is not None], protocol.analysis),
        )
        done.append(whole.model_copy(update={"interactions": tuple(t for t in tests if t is not None)}))
    return tuple(done)


def _leaves(entries: tuple[TaxonomyEntry, ...]) -> list[TaxonomyEntry]:
    broader = {slug for entry in entries for slug in entry.within} | {"all"}
    return [entry for entry in entries if entry.slug not in broader]


def _interaction(variable: str, subgroups: list[Synthesis], plan: AnalysisPlan) -> Interaction | None:
    comparable = [s for s in subgroups if s.k >= LEAST_STUDIES]
    if len(comparable) < 2:
        return None
    names = {s.synthesis_id: s.subtype if variable == "subtype" else s.pattern for s in comparable}
    rows = [(names[s.synthesis_id], i) for s in comparable for i in s.inputs]
    test = subgroup_analysis(
        [i.log_hr for _, i in rows],
        [i.se_log_hr**2 for _, i in rows],
        [name for name, _ in rows],
        method=plan.method,
        ci_method=plan.ci_method,
        level=plan.level,
    )
    if test.q_between is None or test.p is None:
        return None
    return Interaction(
        variable="subtype" if variable == "subtype" else "pattern",
        levels=test.levels,
        q=test.q_between,
        df=test.df,
        p=test.p,
        prespecified=variable in plan.subgroups_prespecified,
    )
