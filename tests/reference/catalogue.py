"""Which section of which reference file is compared by what, and which is not, with the reason.

A section is a top-level key of a file. ``COMPARED`` maps its name to the function that yields the rows; ``INPUT``
lists keys that describe the file; ``NOT_COMPARED`` gives the reason for what is left. The guard test keeps the three
complete.
"""

from __future__ import annotations

from typing import Any

from tests.reference import sections_models as models
from tests.reference import sections_sensitivity as sensitivity
from tests.reference.comparison import Section

DATA_SETS = (
    "bcg",
    "pignon2000",
    "riley2003_os",
    "hine1989",
    "raudenbush1985",
    "hackshaw1998",
    "normand1999",
    "molloy2014",
    "bangertdrowns2004",
    "konstantopoulos2011",
    "mbc_surgery_os_brief",
    "mbc_surgery_os_inverted",
    "mbc_surgery_os_checked",
    "mbc_surgery_os_5rct",
)

INPUT = {
    "schema",
    "id",
    "source",
    "measure",
    "engine",
    "control",
    "inputs",
    "tolerance_hint",
    "note",
    "tolerances",
}

COMPARED: dict[str, Section] = {
    "fits": models.fits,
    "tau2_ci": models.tau2_ci,
    "metareg": models.metareg,
    "subgroup": models.subgroup,
    "robust": models.robust,
    "loo": sensitivity.loo,
    "cumulative": sensitivity.cumulative,
    "influence": sensitivity.influence,
    "residuals": sensitivity.residuals,
    "baujat": sensitivity.baujat,
}
"""Sections of the data sets."""

COMPARED_FILES: dict[str, dict[str, Section]] = {
    "edge": {"sets": models.sets},
    "random_core": {"sets": models.sets},
}
"""Sections of the files that hold something else than one data set."""

NOT_COMPARED: dict[tuple[str, str], str] = {
    ("*", "reml_landscape"): "the grid's own argmax, coarser than the estimate compared under fits",
}
"""(file or ``*``, section) -> reason."""


def comparisons() -> list[tuple[str, str, Section]]:
    """Return every (file, section, function) there is to compare; absent sections are skipped by the caller."""
    listed = [(name, section, function) for name in DATA_SETS for section, function in COMPARED.items()]
    for name, sections in COMPARED_FILES.items():
        listed += [(name, section, function) for section, function in sections.items()]
    return listed


def reason_not_compared(name: str, section: str) -> str | None:
    """Return why a section is not compared, or None if it is (or is unknown)."""
    return NOT_COMPARED.get((name, section)) or NOT_COMPARED.get(("*", section))


def is_known(name: str, section: str, _value: Any) -> bool:
    """Return whether a section is input, compared, or listed with a reason."""
    if section in INPUT or reason_not_compared(name, section) is not None:
        return True
    if name in COMPARED_FILES:
        return section in COMPARED_FILES[name]
    return name in DATA_SETS and section in COMPARED
