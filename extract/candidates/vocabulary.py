"""The protocol's words made ready for matching.

The words of oncology that must *not* be taken for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.candidates.mentions import Mention, Vocabulary
from extract.candidates.tokens import Token
from extract.schema.protocol import Protocol, TaxonomyEntry

#: Code of a mention that is an outcome, but none of the protocol's.
OTHER_OUTCOME: Final = "other"

#: Outcomes outside the question; without them "survival" would be read inside "relapse-free survival".
_OTHER_OUTCOMES: Final = """
disease-free survival|DFS|relapse-free survival|recurrence-free survival|RFS|event-free survival|EFS|DMFS|MFS|FFS
invasive disease-free survival|metastasis-free survival|distant metastasis-free survival|failure-free survival
bone metastasis-free survival|brain metastasis-free survival|distant metastases-free survival|treatment failure
time to treatment failure|TTF|TTNT|time to next treatment|recurrence or death|relapse or death|recurrence|relapse
local relapse|local recurrence|distant recurrence|distant relapse|distant metastasis|invasive recurrence|IBTR|LRR
response rate|objective response|overall response|complete response|pathological complete response|pCR|ORR
duration of response|DOR|clinical benefit|disease control|time to response|time to deterioration|readmission
toxicity|toxicities|adverse events|complications|complication|incidence|skeletal-related events
non-cancer mortality|other-cause mortality|non-cancer death|cardiac death|postoperative mortality
perioperative mortality|in-hospital mortality|30-day mortality|90-day mortality|intracranial progression
biochemical recurrence|second cancer|contralateral breast cancer|treatment discontinuation|undergoing surgery
receipt of surgery|receiving surgery|receive surgery|odds of surgery|likelihood of surgery|PFS2
melanoma-specific survival|graft survival|implant survival|symptomatic progression|symptom progression
treatment-free survival|chemotherapy-free survival|complete resection|conditional survival|net survival
"""

#: Words that mean an outcome only when no fuller phrase stands near.
_WEAK: Final = frozenset(
    {
        "death",
        "deaths",
        "mortality",
        "survival",
        "dying",
        "disease progression",
        "recurrence",
        "relapse",
        "incidence",
        "died",
    }
)

#: Taxonomy words that mean the whole population.
_WHOLE: Final = """
overall population|whole population|entire cohort|whole cohort|overall cohort|all patients|entire population
intention-to-treat population|ITT population|total population|total cohort|full cohort|whole series|entire
series
"""

_WHOLE_CODE: Final = "all"


@dataclass(frozen=True, slots=True)
class Words:
    """Vocabularies of one protocol."""

    outcomes: Vocabulary
    subtypes: Vocabulary
    patterns: Vocabulary
    arms: Vocabulary
    subtype_entries: tuple[TaxonomyEntry, ...]
    pattern_entries: tuple[TaxonomyEntry, ...]
    arm_codes: tuple[str, str]
    primary: str

    def two_arms(self) -> tuple[str, str]:
        """Return the codes of intervention and comparator; empty strings if the protocol names no arms."""
        return self.arm_codes

    def populations_in(self, tokens: Sequence[Token]) -> list[Mention]:
        """Return the mentions of subtypes and patterns in a sentence."""
        return [*self.subtypes.find(tokens), *self.patterns.find(tokens)]


def words_of(protocol: Protocol) -> Words:
    """Prepare the vocabularies of a protocol."""
    outcomes = [(outcome.code, phrase) for outcome in protocol.outcomes for phrase in outcome.synonyms]
    known = {phrase.lower() for _, phrase in outcomes}
    outcomes += [(OTHER_OUTCOME, phrase) for phrase in _phrases(_OTHER_OUTCOMES) if phrase.lower() not in known]
    return Words(
        outcomes=Vocabulary(outcomes, weak=_WEAK),
        subtypes=Vocabulary(_taxonomy(protocol.subtypes)),
        patterns=Vocabulary(_taxonomy(protocol.patterns)),
        arms=Vocabulary([(arm.code, phrase) for arm in protocol.arms for phrase in arm.synonyms]),
        subtype_entries=protocol.subtypes,
        pattern_entries=protocol.patterns,
        primary=protocol.primary_outcome().code,
        arm_codes=(_arm(protocol, "intervention"), _arm(protocol, "comparator")),
    )


def _arm(protocol: Protocol, role: str) -> str:
    """Return the code of the arm with this role, or an empty string."""
    return next((arm.code for arm in protocol.arms if arm.role == role), "")


def _taxonomy(entries: tuple[TaxonomyEntry, ...]) -> list[tuple[str, str]]:
    """Return (slug, phrase) pairs of a taxonomy, with the words for everyone."""
    pairs = [(entry.slug, phrase) for entry in entries for phrase in entry.synonyms]
    return pairs + [(_WHOLE_CODE, phrase) for phrase in _phrases(_WHOLE)]


def _phrases(listed: str) -> list[str]:
    """Return the phrases of a list separated by bars and line ends."""
    return [phrase for line in listed.split("\n") for phrase in line.split("|") if phrase]
