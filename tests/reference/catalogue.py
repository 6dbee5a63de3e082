"""Which section of which reference file is compared by what, and which is not, with the reason.

A section is a top-level key of a file. ``COMPARED`` maps its name to the function that yields the rows; ``INPUT``
lists keys that describe the file; ``NOT_COMPARED`` gives the reason for what is left. The guard test keeps the three
complete.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from tests.reference import sections_bayes as bayes
from tests.reference import sections_models as models
from tests.reference import sections_others as others
from tests.reference import sections_selection as selection
from tests.reference import sections_sensitivity as sensitivity
from tests.reference import sections_sequential as sequential
from tests.reference import sections_small_study as small_study
from tests.reference import sections_survival as survival
from tests.reference.comparison import Row, Section, SectionWithData, load

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
    "settings",
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
    "regtest": small_study.regtest,
    "ranktest": small_study.ranktest,
    "trimfill": small_study.trimfill,
    "pet_peese": small_study.pet_peese,
    "fsn": small_study.fsn,
    "tes": small_study.tes,
    "henmi_copas": small_study.henmi_copas,
    "selmodel": selection.selmodel,
    "permutest_exact": others.permutest_exact,
    "permutest_exact_knha": others.permutest_exact_knha,
    "gosh_REML": others.gosh_REML,
    "rma_mv_CHE_rho06": others.che,
    "aggregate_rho06": others.aggregation,
}
"""Sections of the data sets."""

COMPARED_FILES: dict[str, dict[str, Section]] = {
    "edge": {"sets": models.sets},
    "random_core": {"sets": models.sets},
    "hr_derivation": {
        "from_ci": survival.from_ci,
        "from_p": survival.from_p,
        "tierney": survival.tierney,
        "oe_v": survival.oe_v,
        "oe_both": survival.oe_both,
    },
    "tsa_boundaries_exact": {"cases": sequential.exact_cases, "ris_hr": sequential.ris},
    "tsa_boundaries": {"cases": sequential.software_cases},
    "anytime_allin": {"cases": sequential.all_in},
    "anytime_safestats": {"logrank": sequential.safe_tests, "conf_seq": sequential.safe_sequences},
    "frag_index": {"cases": others.fragility},
    "check_mbc_published_grid": {"all": others.surgery_grid},
    "abs_effects": {"cases": survival.abs_cases},
    "rmst_km_logrank_ipd": {"ipd": survival.ipd},
    "km_reconstruction": {"cases": survival.km_cases},
}
"""Sections of the files that hold something else than one data set."""

BAYES_EXACT = (
    "bangertdrowns2004",
    "bcg",
    "hackshaw1998",
    "hine1989",
    "mbc_surgery_os_5rct",
    "mbc_surgery_os_brief",
    "mbc_surgery_os_checked",
    "mbc_surgery_os_inverted",
    "molloy2014",
    "normand1999",
    "pignon2000",
    "raudenbush1985",
    "riley2003_os",
)
BAYESMETA = (
    "bcg",
    "hine1989",
    "mbc_surgery_os_brief",
    "mbc_surgery_os_checked",
    "mbc_surgery_os_inverted",
    "molloy2014",
    "normand1999",
)

META_SECTIONS: dict[str, SectionWithData] = {
    "random_ci": others.meta_intervals,
    "prediction": others.meta_prediction,
    "Q": others.meta_q,
    "pval_Q": others.meta_q_p,
    "I2_Q_based": others.meta_i2,
    "H_Q_based": others.meta_h,
    "loo_tau2_I2": others.meta_loo,
    "metabias": others.meta_bias,
    "subgroup": others.meta_subgroup,
}

P_CURVE_SETS = ("bcg", "hackshaw1998", "riley2003_os")

WITH_DATA: dict[str, dict[str, SectionWithData]] = {
    **{f"bayes_exact_{name}": {"priors": bayes.exact} for name in BAYES_EXACT},
    **{f"bayes_{name}": {"priors": bayes.bayesmeta} for name in BAYESMETA},
    **{f"meta_{name}": META_SECTIONS for name in DATA_SETS if name != "normand1999"},
}
"""Sections of files whose inputs stand in the data set their ``id`` names."""

WITH_MANY: dict[str, dict[str, SectionWithData]] = {
    "check_selmodel_exact": {"sets": selection.exact},
    "check_pcurve": {
        "dmetar_sim": lambda document, _: others.p_curves(document["dmetar_sim"], {}),
        **{
            name: lambda document, data, name=name: others.p_curves(document[name], data[name])  # type: ignore[misc]
            for name in P_CURVE_SETS
        },
    },
}
"""Sections that use the inputs of several data sets, given by name."""

NOT_COMPARED: dict[tuple[str, str], str] = {
    ("*", "reml_landscape"): "the grid's own argmax, coarser than the estimate compared under fits",
    ("*", "Rb"): "the R_b measure of Crippa 2016 is not reported by this review",
    ("*", "tau2_ci"): "Jackson and Biggerstaff-Jackson intervals are not built; the Q-profile one is compared exactly",
    ("abs_effects", "by_meta"): "the same formula as cases, printed by R meta as text",
    ("check_mbc_published_grid", "published"): "the published figures; the rows that reproduce them are under all",
    ("check_mbc_published_grid", "matches"): "the rows of all that reproduce the published figures",
    (
        "tsa_rtsa_perioOxy",
        "perioOxy_RR_mc0.8",
    ): "risk ratios with Mantel-Haenszel weights; its boundaries are capped at 20",
}
"""(file or ``*``, section) -> reason."""


def comparisons() -> list[tuple[str, str, Section | SectionWithData]]:
    """Return every (file, section, function) there is to compare; absent sections are skipped by the caller."""
    listed: list[tuple[str, str, Section | SectionWithData]] = [
        (name, section, function) for name in DATA_SETS for section, function in COMPARED.items()
    ]
    for name, sections in (COMPARED_FILES | WITH_DATA | WITH_MANY).items():
        listed += [(name, section, function) for section, function in sections.items()]
    return listed


def rows(shared: Path, name: str, function: Section | SectionWithData) -> list[Row]:
    """Return the rows of one section."""
    document = load(shared, name)
    if name in WITH_DATA:
        return list(cast("SectionWithData", function)(document, load(shared, document["id"])["inputs"]))
    if name in WITH_MANY:
        data = {known: load(shared, known)["inputs"] for known in DATA_SETS}
        return list(cast("SectionWithData", function)(document, data))
    return list(cast("Section", function)(document))


def reason_not_compared(name: str, section: str) -> str | None:
    """Return why a section is not compared, or None if it is (or is unknown)."""
    return NOT_COMPARED.get((name, section)) or NOT_COMPARED.get(("*", section))


def is_known(name: str, section: str, _value: Any) -> bool:
    """Return whether a section is input, compared, or listed with a reason."""
    if section in INPUT:
        return True
    other = COMPARED_FILES | WITH_DATA | WITH_MANY
    if name in other:
        return section in other[name] or reason_not_compared(name, section) is not None
    if name in DATA_SETS and section in COMPARED:
        return True
    return reason_not_compared(name, section) is not None
