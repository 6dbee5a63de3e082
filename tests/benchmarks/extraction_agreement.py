"""Print how far independent readings of the same results agree: ``python -m tests.benchmarks.extraction_agreement``.

Meaning: the first labels (tests/gold/extraction_meaning.jsonl) against a second reader, who labelled the same
results from the texts by the same written rules without sight of the first (extraction_meaning_second.jsonl),
and against ../shared/evidence/effects.csv, entered by other people from the same reports for another purpose.
Tables: extraction_tables.jsonl against extraction_tables_second.jsonl, typed from the XML by the second reader.

What counts. A key that a reader left out ("cannot tell") is an answer of its own in the line "all"; the line
"both" is over the results where neither left the key out. Cohen's kappa is unweighted.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence

from tests.benchmarks.extraction_accuracy import GOLD, RATIOS, read_rows
from tests.conftest import SHARED

LEFT_OUT = "(left out)"
QUESTIONS = ("outcome", "subtype", "metastatic_pattern", "numerator")
LIMITS = ("estimate", "ci_low", "ci_high")

Row = dict[str, object]
Pairs = list[tuple[object, object]]
Key = Callable[[Row], tuple[object, ...]]

SUBTYPES = {"HER2+": "her2-positive", "HR+": "hr-positive", "TNBC": "triple-negative", "HER2-": "her2-negative"}
SUBTYPES |= {"HR+/HER2-": "hr-positive-her2-negative"}
PATTERNS = {"bone_only": "bone-only", "solitary_bone": "solitary-bone", "single_site": "oligometastatic"}


def evidence_reading() -> dict[tuple[object, ...], Row]:
    """Return the other people's rows by report and printed numbers."""
    evidence = SHARED / "evidence"
    with (evidence / "studies.csv").open(encoding="utf-8") as stream:
        studies = {row["study_id"]: row for row in csv.DictReader(stream)}
    found: dict[tuple[object, ...], Row] = {}
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


def kappa(pairs: Sequence[tuple[object, object]]) -> float:
    """Return Cohen's kappa of two readings (Cohen 1960, equation 1); nan if the readings allow none.

    Parameters
    ----------
    pairs
        One pair of answers (first, second) a result; nominal, compared by equality.

    Returns
    -------
    float
        1 is full agreement, 0 what chance gives; ``nan`` without pairs, or where both readers gave one and the
        same answer throughout: chance then explains everything and kappa is 0/0.
    """
    n = len(pairs)
    if not n:
        return float("nan")
    observed = sum(first == second for first, second in pairs) / n
    firsts, seconds = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(firsts[value] * seconds[value] for value in firsts) / n**2
    return float("nan") if expected == 1 else (observed - expected) / (1 - expected)


def meaning_key(row: Row) -> tuple[object, ...]:
    """Return what identifies a printed result of a text: document id, estimate, lower limit."""
    return row["id"], row["estimate"], row["ci_low"]


def cell_key(row: Row) -> tuple[object, ...]:
    """Return what identifies a cell of a table: article, table id, row, column."""
    return row["article"], row["table"], row["row"], row["column"]


def paired(first: Sequence[Row], second: Sequence[Row], key: Key) -> list[tuple[Row, Row]]:
    """Return the rows both readers have, in the first reader's order.

    Raises
    ------
    ValueError
        If a reader has the same key twice: agreement would be counted over the wrong pairs.
    """
    found = {key(row): row for row in second}
    for name, rows, keys in (("first", first, {key(row) for row in first}), ("second", second, found.keys())):
        if len(rows) != len(keys):
            raise ValueError(f"the {name} reading has {len(rows)} rows but {len(keys)} keys: remove the repeated rows")
    return [(row, found[key(row)]) for row in first if key(row) in found]


def answers(rows: Sequence[tuple[Row, Row]], question: str) -> Pairs:
    """Return both readers' answers to a question; a key left out is the answer ``LEFT_OUT``."""
    return [(first.get(question, LEFT_OUT), second.get(question, LEFT_OUT)) for first, second in rows]


def line(name: str, pairs: Pairs) -> str:
    """Return one line of the report: agreed, n, share and kappa."""
    agreed = sum(first == second for first, second in pairs)
    share = agreed / len(pairs) if pairs else float("nan")
    return f"  {name:26s} agree {agreed:3d}/{len(pairs):3d} = {share:.3f}   kappa {kappa(pairs):.3f}"


def report_meaning(name: str, rows: Sequence[tuple[Row, Row]]) -> None:
    """Print agreement on each question and every difference."""
    print(f"\n{name}: {len(rows)} results of {len({first['id'] for first, _ in rows})} texts read by both")
    for question in QUESTIONS:
        pairs = answers(rows, question)
        print(line(question + ", all", pairs))
        print(line(question + ", both", [pair for pair in pairs if LEFT_OUT not in pair]))
    for question in QUESTIONS:
        for (one, two), (row, _) in zip(answers(rows, question), rows, strict=True):
            if one != two:
                print(f"    {row['id']} {row['estimate']}: {question} first {one}, second {two}")


def report_tables(first: Sequence[Row], second: Sequence[Row]) -> None:
    """Print how many cells both readers found, and agreement on the numbers and the row label."""
    rows = paired(first, second, cell_key)
    tables = {(row["article"], row["table"]) for row in second}
    print(f"\ntables: {len(tables)} tables of {len({article for article, _ in tables})} articles read twice")
    of_first = sum((row["article"], row["table"]) in tables for row in first)
    only = (of_first - len(rows), len(second) - len(rows))
    print(f"  effects found: by both {len(rows)}, only first {only[0]}, only second {only[1]}")
    numbers = [all(one[key] == two[key] for key in LIMITS) for one, two in rows]
    labels = [one["row_label"] == two["row_label"] for one, two in rows]
    print(f"  estimate, low, high        agree {sum(numbers)}/{len(rows)}")
    print(f"  row label, to the letter   agree {sum(labels)}/{len(rows)}")
    for one, two in rows:
        for key in (*LIMITS, "row_label"):
            if one[key] != two[key]:
                where = f"{one['article']} {one['table']} row {one['row']} column {one['column']}"
                print(f"    {where}: {key} first {one[key]!r}, second {two[key]!r}")


def main() -> None:
    """Print agreement by question and every difference."""
    first = read_rows(GOLD / "extraction_meaning.jsonl")
    second = read_rows(GOLD / "extraction_meaning_second.jsonl")
    report_meaning("meaning, second reader", paired(first, second, meaning_key))
    evidence = evidence_reading()
    read = [(row, evidence[meaning_key(row)]) for row in first if meaning_key(row) in evidence]
    report_meaning("meaning, rows of the evidence table", read)
    report_tables(read_rows(GOLD / "extraction_tables.jsonl"), read_rows(GOLD / "extraction_tables_second.jsonl"))


if __name__ == "__main__":
    main()
