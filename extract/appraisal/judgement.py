"""A judgement of the risk of bias of one result: read from a form, checked, compared with another person's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from extract.appraisal import rob2, robins
from extract.appraisal.tools import OVERALL, Proposal, Tool
from extract.errors import FieldErrors

LONGEST_SUPPORT = 4_000
"""Characters; a quotation and a sentence on it, not the paper."""


@dataclass(frozen=True)
class DomainJudgement:
    """The level of one domain (or overall).

    Parameters
    ----------
    proposed
        What the rules make of the answers; None where they have no rule.
    support
        What the report says, and where; empty for the overall level.
    override
        Why the level is not the one proposed; empty when it is, or when nothing was proposed.
    """

    level: str
    proposed: str | None
    support: str
    override: str


@dataclass(frozen=True)
class Judgement:
    """One person's judgement of one result; ``domains`` holds the overall level under ``overall``."""

    tool: str
    answers: dict[str, str]
    domains: dict[str, DomainJudgement]

    @property
    def levels(self) -> dict[str, str]:
        """Level of each domain and overall."""
        return {code: domain.level for code, domain in self.domains.items()}

    def to_json(self) -> dict[str, Any]:
        """Return the judgement as plain JSON."""
        return asdict(self)


def judgement_from_json(content: Mapping[str, Any]) -> Judgement:
    """Return a judgement as it was stored."""
    domains = {code: DomainJudgement(**domain) for code, domain in content["domains"].items()}
    return Judgement(content["tool"], dict(content["answers"]), domains)


def proposals(tool: Tool, form: Mapping[str, str]) -> dict[str, Proposal]:
    """Return what the rules make of a form as filled in so far, for each domain and overall.

    Parameters
    ----------
    form
        ``answer-<question>``, ``level-<domain>`` (empty: as the answers give).
    """
    answers = given_answers(tool, form)
    made = {domain.code: _propose(tool, domain.code, answers) for domain in tool.domains}
    chosen = {code: form.get(f"level-{code}") or one.level for code, one in made.items()}
    levels = {code: level for code, level in chosen.items() if level is not None and level in tool.levels}
    codes = [domain.code for domain in tool.domains]
    overall = rob2.propose_overall(levels) if tool.key == "rob2" else robins.propose_overall(levels, domains=codes)
    return {**made, OVERALL: overall}


def given_answers(tool: Tool, form: Mapping[str, str]) -> dict[str, str]:
    """Return the answers a form holds."""
    codes = [question.code for domain in tool.domains for question in domain.questions]
    return {code: form[f"answer-{code}"] for code in codes if form.get(f"answer-{code}")}


def read_judgement(tool: Tool, form: Mapping[str, str]) -> Judgement:
    """Read a judgement from a form.

    Raises
    ------
    FieldErrors
        An answer that matters is missing, a domain has no support text or level, or a level that differs from the
        proposal has no reason; every fault at its own field.
    """
    made, errors = proposals(tool, form), dict[str, str]()
    answers = given_answers(tool, form)
    errors |= {
        f"answer-{code}": f"{answer!r} is not one of {', '.join(tool.answers)}"
        for code, answer in answers.items()
        if answer not in tool.answers
    }
    domains = {}
    for code in [*(domain.code for domain in tool.domains), OVERALL]:
        domains[code] = _read_domain(tool, code, form, made[code], errors)
    if errors:
        raise FieldErrors(errors)
    return Judgement(tool.key, answers, domains)


def _read_domain(
    tool: Tool, code: str, form: Mapping[str, str], proposal: Proposal, errors: dict[str, str]
) -> DomainJudgement:
    chosen, support, why = (form.get(f"{name}-{code}", "").strip() for name in ("level", "support", "why"))
    level = chosen or proposal.level or ""
    for question in proposal.missing:
        errors.setdefault(f"answer-{question}", "needs an answer")
    if chosen and chosen not in tool.levels:
        errors[f"level-{code}"] = f"{chosen!r} is not one of {', '.join(tool.levels)}"
    elif not level and not proposal.missing and not (code == OVERALL and errors):
        errors[f"level-{code}"] = "choose a level: there is no rule for it"
    if code != OVERALL and not support:
        errors[f"support-{code}"] = "say what the report says about it, and where"
    for name, text in (("support", support), ("why", why)):
        if len(text) > LONGEST_SUPPORT:
            errors[f"{name}-{code}"] = f"{len(text)} characters; at most {LONGEST_SUPPORT} fit"
    differs = proposal.level is not None and level != proposal.level and level in tool.levels
    if differs and not why:
        errors[f"why-{code}"] = (
            f"the answers give {tool.levels[str(proposal.level)].lower()}: say why you judge otherwise"
        )
    return DomainJudgement(level, proposal.level, support, why if differs else "")


def _propose(tool: Tool, code: str, answers: Mapping[str, str]) -> Proposal:
    return rob2.propose_domain(code, answers) if tool.key == "rob2" else robins.propose_domain(tool, code, answers)


def differing(judgements: Sequence[Judgement]) -> tuple[str, ...]:
    """Return the domains (and overall) on which judgements differ in level, in the tool's order."""
    first = judgements[0].levels if judgements else {}
    return tuple(code for code in first if len({judgement.levels.get(code) for judgement in judgements}) > 1)


def tool_for(key: str, confounders: Sequence[str]) -> Tool:
    """Return the tool of a key, with the protocol's confounders."""
    return rob2.ROB2 if key == rob2.ROB2.key else robins.robins(confounders)


def form_of(judgement: Judgement) -> dict[str, str]:
    """Return the form that reads as this judgement."""
    form = {f"answer-{code}": answer for code, answer in judgement.answers.items()}
    for code, one in judgement.domains.items():
        form |= {f"support-{code}": one.support, f"why-{code}": one.override}
        form[f"level-{code}"] = "" if one.level == one.proposed else one.level
    return form


def open_questions(judgements: Sequence[Judgement], tool: Tool) -> dict[str, str]:
    """Return the form an adjudicator starts from: what the judges agree on filled in, what they differ on empty."""
    if not judgements:
        return {}
    differ = differing(judgements)
    form = form_of(judgements[0])
    for domain in tool.domains:
        if domain.code not in differ:
            continue
        form |= {f"{name}-{domain.code}": "" for name in ("support", "why", "level")}
        for question in domain.questions:
            if len({one.answers.get(question.code) for one in judgements}) > 1:
                form[f"answer-{question.code}"] = ""
    if differ:
        form |= {f"level-{OVERALL}": "", f"why-{OVERALL}": ""}
    return form
