"""What the snapshot says about certainty and about differences between subgroups; rules propose, people decide."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.certainty import EvidenceFacts, propose_certainty
from analysis.models import MetaAnalysis
from analysis.subgroups import subgroup_analysis
from extract.schema.protocol import AnalysisPlan, Protocol, TaxonomyEntry
from extract.schema.vocabulary import Body
from flows.derivation import HANDLED, Derived
from reports.model import Certainty, Interaction, Synthesis

LEAST_STUDIES = 2
"""Studies a subgroup needs before its pooled result is compared with another's."""


def proposed_certainty(pooled: Sequence[Derived], result: MetaAnalysis | None, body: Body) -> Certainty | None:
    """Return the certainty the rules propose, with its reasons; nobody has decided it (``decided_by`` is None)."""
    if result is None or len(pooled) < LEAST_STUDIES:
        return None
    weights = dict(zip((d.frozen.value.value_id for d in pooled), result.weights, strict=True))
    exposed = sum(weights[d.frozen.value.value_id] for d in pooled if d.frozen.used.immortal_time not in HANDLED)
    randomised = body is Body.RANDOMISED
    proposal = propose_certainty(
        EvidenceFacts(
            result=result,
            randomised=randomised,
            weight_high_risk=None,
            immortal_time_weight=None if randomised else min(exposed, 100.0),
        )
    )
    return Certainty(
        level=proposal.proposed,
        reasons=tuple(
            f"{domain.domain}: {domain.reason}" + (" (a person must judge this)" if domain.needs_person else "")
            for domain in proposal.domains
            if domain.steps or domain.needs_person
        ),
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
