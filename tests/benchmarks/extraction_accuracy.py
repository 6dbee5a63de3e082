"""Print precision and recall of extraction: ``python -m tests.benchmarks.extraction_accuracy [GOLD ...]``.

Without arguments it reads the hand labels of ../shared/corpus (forms), tests/gold/extraction_meaning.jsonl
(outcome,
subtype, pattern, direction) and tests/gold/extraction_tables.jsonl (rows of HR tables). With arguments,
each GOLD is a
JSON-lines file labelled like ``hr_gold_targeted.jsonl``; ``--texts FILE`` adds a file of texts.

What counts. Effects are matched within a document as a multiset of printed numbers. A *triple* is a ratio
or difference
with both limits; *bare* a ratio without limits; medians by estimate, and by limits where labelled. Levels,
result-or-
design and direction are counted over matched effects.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extract.candidates import propose_effects, propose_from_article
from extract.fulltext import parse_article
from extract.schema.effect import Document, Effect
from tests.conftest import SHARED
from tests.extract.protocol_file import own_protocol

RATIOS = {"HR", "SHR", "CSHR", "OR", "RR"}
GOLD = Path(__file__).resolve().parents[1] / "gold"

Key = tuple[str, float | None, float | None, float | None]


@dataclass
class Score:
    """Counts of one question."""

    right: int = 0
    extra: int = 0
    missed: int = 0
    notes: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        """Return one line of the report."""
        precision = self.right / (self.right + self.extra) if self.right + self.extra else float("nan")
        recall = self.right / (self.right + self.missed) if self.right + self.missed else float("nan")
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else float("nan")
        return (
            f"{name:34s} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}   "
            f"(right {self.right}, extra {self.extra}, missed {self.missed})"
        )


def kind_of(measure: str, low: object, high: object) -> str:
    """Return what an effect is counted as."""
    if measure == "median":
        return "medians"
    if low is not None and high is not None:
        return "triples"
    return "bare" if measure in RATIOS else "other"


def key_of(measure: str, estimate: float | None, low: float | None, high: float | None) -> Key:
    """Return what must agree for a match; the kinds of hazard ratio count as one."""
    return ("HR" if measure in ("SHR", "CSHR") else measure, estimate, low, high)


def read_texts(paths: Iterable[Path]) -> dict[str, Document]:
    """Return documents by id."""
    texts = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            name = row.get("id") or _name_of(row)
            texts[name] = Document(name, row["title"], row["abstract"])
    return texts


def _name_of(row: dict[str, str]) -> str:
    """Return the id of a row without one: PMID, DOI, or how its title begins."""
    if row.get("pmid"):
        return f"pmid:{row['pmid']}"
    return f"doi:{row['doi']}" if row.get("doi") else "title:" + row["title"][:59]


def own_texts() -> dict[str, Document]:
    """Return every labelled or unlabelled abstract of ../shared."""
    corpus = SHARED / "corpus"
    found = read_texts([corpus / "hr_abstracts_dev.jsonl", corpus / "hr_abstracts_extra.jsonl"])
    return found | read_texts([SHARED / "evidence" / "topic_abstracts.jsonl"])


def score_forms(gold: Iterable[dict[str, object]], texts: dict[str, Document]) -> dict[str, Score]:
    """Compare printed numbers, levels and standing with hand labels."""
    scores: dict[str, Score] = defaultdict(Score)
    for row in gold:
        document = texts[str(row["id"])]
        labels = [label for label in row["effects"] if isinstance(label, dict)]  # type: ignore[attr-defined]
        proposed = propose_effects(document, own_protocol())
        _score_numbers(scores, document.document_id, labels, proposed)
        _score_attributes(scores, document.document_id, labels, proposed)
    return scores


def _score_numbers(
    scores: dict[str, Score], name: str, labels: list[dict[str, object]], proposed: tuple[Effect, ...]
) -> None:
    """Count matches of printed numbers."""
    wanted = Counter(_label_key(label) for label in labels)
    offered = Counter(key_of(e.measure, e.estimate, e.ci_low, e.ci_high) for e in proposed)
    for key in wanted | offered:
        score = scores[kind_of(key[0], key[2], key[3])]
        score.right += min(wanted[key], offered[key])
        score.extra += max(offered[key] - wanted[key], 0)
        score.missed += max(wanted[key] - offered[key], 0)
        if wanted[key] != offered[key]:
            score.notes.append(f"{name}: {key} labelled {wanted[key]}, offered {offered[key]}")


def _label_key(label: dict[str, object]) -> Key:
    """Return the key of a label."""
    return key_of(label["measure"], label["estimate"], label.get("ci_low"), label.get("ci_high"))  # type: ignore[arg-type]


def _score_attributes(
    scores: dict[str, Score], name: str, labels: list[dict[str, object]], proposed: tuple[Effect, ...]
) -> None:
    """Count stated levels, result or design, and kinds of hazard ratio over matched effects."""
    by_key = {_label_key(label): label for label in labels}
    for effect in proposed:
        label = by_key.get(key_of(effect.measure, effect.estimate, effect.ci_low, effect.ci_high))
        if label is None:
            continue
        pairs = [("result or design", label["is_result"], effect.is_result)]
        if effect.ci_low is not None or effect.ci_high is not None:
            pairs.append(("level", label.get("ci_level"), effect.ci_level))
        if label.get("adjusted"):
            pairs.append(("adjusted where labelled", True, effect.adjusted))
        if label.get("inverted_direction"):
            pairs.append(("direction where labelled", True, effect.comparison.numerator is not None))
        if label.get("p_value"):
            pairs.append(("p value where labelled", True, effect.p_value is not None))
        for question, wanted, offered in pairs:
            score = scores[question]
            if wanted == offered:
                score.right += 1
            else:
                score.extra += 1
                score.missed += 1
                score.notes.append(f"{name}: {effect.span.text!r} labelled {wanted}, offered {offered}")


def score_negatives(gold: Iterable[dict[str, object]], texts: dict[str, Document]) -> list[str]:
    """Return what is offered as a triple or ratio in abstracts that have none."""
    offered = []
    for row in gold:
        document = texts[str(row["id"])]
        offered += [
            f"{document.document_id}: {effect.span.text!r}"
            for effect in propose_effects(document, own_protocol())
            if effect.measure in RATIOS or effect.ci_low is not None
        ]
    return offered


def score_meaning(rows: list[dict[str, object]], texts: dict[str, Document]) -> dict[str, Score]:
    """Compare outcome, subtype, pattern and numerator with labels.

    Only what differs from "not restricted" counts.

    A value that both call unrestricted (``all``, no outcome, no stated direction) is neither right nor
    wrong: otherwise
    the easy majority would hide the errors.
    """
    scores: dict[str, Score] = defaultdict(Score)
    proposed: dict[str, tuple[Effect, ...]] = {}
    for row in rows:
        name = str(row["id"])
        if name not in proposed:
            proposed[name] = propose_effects(texts[name], own_protocol())
        found = [e for e in proposed[name] if (e.estimate, e.ci_low) == (row["estimate"], row["ci_low"])]
        scores["found"].right += bool(found)
        scores["found"].missed += not found
        if not found:
            scores["found"].notes.append(f"{name}: {row['estimate']} ({row['ci_low']})")
            continue
        effect = found[0]
        for key, offered in (
            ("outcome", effect.outcome),
            ("subtype", effect.subtype),
            ("metastatic_pattern", effect.metastatic_pattern),
            ("numerator", effect.comparison.numerator),
        ):
            if key in row:
                _count(scores[key], row[key], offered, f"{name}: {key} of {effect.span.text[:60]!r}")
    return scores


def _count(score: Score, wanted: object, offered: object, where: str) -> None:
    """Count one answer: a wrong one is both extra and missed."""
    empty = (None, "all")
    if wanted == offered:
        score.right += wanted not in empty
        return
    score.extra += offered not in empty
    score.missed += wanted not in empty
    score.notes.append(f"{where}: labelled {wanted}, offered {offered}")


def score_tables(rows: list[dict[str, object]]) -> dict[str, Score]:
    """Compare rows (estimate, low, high, row label) of labelled tables with what is proposed from exactly these."""
    scores = {"table rows": Score(), "cells": Score()}
    for article_id in sorted({str(row["article"]) for row in rows}):
        raw = (SHARED / "jats" / "articles" / f"{article_id}.nxml").read_bytes()
        labelled = [row for row in rows if row["article"] == article_id]
        tables = {str(row["table"]) for row in labelled}
        proposed = [
            effect
            for effect in propose_from_article(parse_article(raw, where=article_id), own_protocol())
            if effect.span.source.partition("/")[0].removeprefix("table:") in tables
        ]
        wanted = Counter((r["estimate"], r["ci_low"], r["ci_high"], _plain(str(r["row_label"]))) for r in labelled)
        offered = Counter(
            (e.estimate, e.ci_low, e.ci_high, _plain(dict(e.extras).get("row_label", ""))) for e in proposed
        )
        _tally(scores["table rows"], article_id, wanted, offered)
        cells = Counter(f"table:{r['table']}/r{r['row']}/c{r['column']}" for r in labelled)
        _tally(scores["cells"], article_id, cells, Counter(e.span.source for e in proposed))
    return scores


def _tally(score: Score, name: str, wanted: Counter[Any], offered: Counter[Any]) -> None:
    """Add the agreement of two multisets."""
    score.right += sum((wanted & offered).values())
    score.missed += sum((wanted - offered).values())
    score.extra += sum((offered - wanted).values())
    score.notes += [f"{name}: missed {key}" for key in wanted - offered]
    score.notes += [f"{name}: extra {key}" for key in offered - wanted]


def _plain(label: str) -> str:
    """Return a label without white space, in which copies of a table differ."""
    return "".join(label.split())


def read_rows(path: Path) -> list[dict[str, object]]:
    """Return the rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def report_forms(name: str, rows: list[dict[str, object]], texts: dict[str, Document], *, verbose: bool) -> None:
    """Print the part about printed numbers."""
    print(f"\n{name}: {len(rows)} documents, {sum(len(row['effects']) for row in rows)} labelled effects")  # type: ignore[arg-type]
    for question, score in score_forms(rows, texts).items():
        print("  " + score.line(question))
        if verbose:
            for note in score.notes:
                print("      " + note)


def main(arguments: list[str]) -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", nargs="*", type=Path)
    parser.add_argument("--texts", action="append", default=[], type=Path)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    texts = own_texts() | read_texts(options.texts)
    if options.gold:
        for path in options.gold:
            report_forms(path.name, read_rows(path), texts, verbose=options.verbose)
        return
    targeted = read_rows(SHARED / "corpus" / "hr_gold_targeted.jsonl")
    report_forms("hr_gold_targeted", targeted, texts, verbose=options.verbose)
    offered = score_negatives(read_rows(SHARED / "corpus" / "hr_gold_negative.jsonl"), texts)
    print(f"\nhr_gold_negative: {len(offered)} ratios or intervals offered (none may be)")
    for line in offered:
        print("  " + line)
    meaning = read_rows(GOLD / "extraction_meaning.jsonl")
    print(f"\nextraction_meaning: {len(meaning)} results labelled by hand")
    for question, score in score_meaning(meaning, texts).items():
        print("  " + score.line(question))
        for note in score.notes if options.verbose else []:
            print("      " + note)
    tables = read_rows(GOLD / "extraction_tables.jsonl")
    print(f"\nextraction_tables: {len(tables)} rows of {len({row['article'] for row in tables})} articles")
    for question, score in score_tables(tables).items():
        print("  " + score.line(question))
        for note in score.notes if options.verbose else []:
            print("      " + note)


if __name__ == "__main__":
    main(sys.argv[1:])
