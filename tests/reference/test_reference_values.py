"""Every number of the open reference next to ours (metafor 3.8-1 and 5.1, threshold 1e-13; calls in the files)."""

from pathlib import Path

import pytest

from tests.reference.catalogue import comparisons, rows
from tests.reference.comparison import Section, SectionWithData, load

pytestmark = pytest.mark.shared


@pytest.mark.parametrize(("name", "section", "function"), comparisons(), ids=lambda v: v if isinstance(v, str) else "")
def test_every_figure_of_the_section_agrees(
    shared: Path, name: str, section: str, function: Section | SectionWithData
) -> None:
    document = load(shared, name)
    if section not in document:
        return  # this data set has no such section; the guard below looks from the files' side
    compared = rows(shared, name, function)
    assert compared, f"{name}.{section}: nothing was compared"
    wrong = [row for row in compared if not row.agrees]
    shown = "\n".join(f"{row.path}: ours {row.ours!r}, reference {row.theirs!r}" for row in wrong[:10])
    assert not wrong, f"{len(wrong)} of {len(compared)} differ\n{shown}"
