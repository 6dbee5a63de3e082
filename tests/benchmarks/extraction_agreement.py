"""Print how far two independent readings of the same results agree.

``python -m tests.benchmarks.extraction_agreement``.

First reading: tests/gold/extraction_meaning.jsonl. Second: ../shared/evidence/effects.csv, entered by other
people. Results
are matched by report (PMID, DOI or title) and printed numbers. Cohen's kappa is over the results both read.
"""

from __future__ import annotations

import csv
from collections import Counter

from tests.benchmarks.extraction_accuracy import GOLD, RATIOS, read_rows
from tests.conftest import SHARED

SUBTYPES = {"HER2+": "her2-positive", "HR+": "hr-positive", "TNBC": "triple-negative", "HER2-": "her2-negative"}
SUBTYPES |= {"HR+/HER2-": "hr-positive-her2-negative"}
PATTERNS = {"bone_only": "bone-only", "solitary_bone": "solitary-bone", "single_site": "oligometastatic"}


def second_reading() -> dict[tuple[str, float, float | None], dict[str, str | None]]:
    """Return the other people's rows by report and printed numbers."""
    evidence = SHARED / "evidence"
    with (evidence / "studies.csv").open(encoding="utf-8") as stream:
        studies = {row["study_id"]: row for row in csv.DictReader(stream)}
    found = {}
    with (evidence / "effects.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["measure"] not in RATIOS or not row["estimate"] or row["where_reported"].startswith("derived"):
                continue
            study = studies[row["study_id"]]
            low = float(row["ci_low"]) if row["ci_low"] else None
            for name in (f"pmid:{study['pmid']}", f"doi:{study['doi']}", "title:" + study["title"][:59]):
                found[name, float(row["estimate"]), low] = {
                    "outcome": row["outcome"],
                    "subtype": SUBTYPES.get(row["subtype"], row["subtype"]),
                    "metastatic_pattern": PATTERNS.get(row["metastatic_pattern"], row["metastatic_pattern"]),
                    "numerator": _numerator(row["direction"]),
                }
    return found


def _numerator(direction: str) -> str | None:
    """Return the numerator a direction names."""
    if "INVERTED" in direction:
        return "no_surgery"
    return "surgery" if direction.startswith(("surgery vs", "LRT vs")) else None


def kappa(pairs: list[tuple[object, object]]) -> float:
    """Return Cohen's kappa of two readings (Cohen 1960, equation 1)."""
    n = len(pairs)
    observed = sum(first == second for first, second in pairs) / n
    firsts, seconds = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(firsts[value] * seconds[value] for value in firsts) / n**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def main() -> None:
    """Print agreement by question and every difference."""
    second = second_reading()
    pairs: dict[str, list[tuple[object, object]]] = {}
    differences = []
    for row in read_rows(GOLD / "extraction_meaning.jsonl"):
        other = second.get((str(row["id"]), row["estimate"], row["ci_low"]))  # type: ignore[arg-type]
        for key in ("outcome", "subtype", "metastatic_pattern", "numerator"):
            if other is None or key not in row:
                continue
            pairs.setdefault(key, []).append((row[key], other[key]))
            if row[key] != other[key]:
                differences.append(f"{row['id']} {row['estimate']}: {key} first {row[key]}, second {other[key]}")
    for key, read in pairs.items():
        agreed = sum(first == second for first, second in read)
        print(f"{key:20s} agree {agreed}/{len(read)} = {agreed / len(read):.3f}   kappa {kappa(read):.3f}")
    for line in differences:
        print("  " + line)


if __name__ == "__main__":
    main()
