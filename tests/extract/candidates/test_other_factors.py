"""A prognostic factor's ratio is not the arms', however near an arm stands. Sentences are ours, forms are reports'.

Worked examples: Neuman 2010 (PMID 20101736) prints HR 0.47 for the oestrogen receptor beside surgery's 0.71; Hazard
2008 (doi 10.1002/cncr.23870) HR 0.415 for control of the chest wall behind two ratios of surgery.
"""

from __future__ import annotations

import pytest

from extract.candidates import propose_effects
from extract.schema.effect import Document
from tests.extract.protocol_file import own_protocol

TITLE = "Surgery of the primary tumor in stage IV breast cancer"
BETTER, TOO, WORSE = "(HR 0.60; 95% CI 0.50-0.72)", "(HR 0.70; 95% CI 0.60-0.82)", "(HR 1.70; 95% CI 1.40-2.06)"
SURGERY = f"Surgery was associated with better survival {BETTER}."
SHORT = {"surgery": "S", "no_surgery": "N", None: "-"}


def arms(text: str) -> str:
    """Return one letter a ratio: S surgery on top, N no surgery on top, - undecided."""
    effects = propose_effects(Document("1", TITLE, text), own_protocol())
    return "".join(SHORT[e.comparison.numerator] for e in effects if e.measure == "HR")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ER (HR 0.47), PR (0.57) and HER2 positivity (HR 0.51) predicted survival; surgery did too (HR 0.71).",
            "--S",
        ),
        (f"{SURGERY} Control of the chest wall went with better survival whether or not surgery was done {TOO}.", "S-"),
        (f"{SURGERY} Control of the chest wall went with better survival {TOO}.", "S-"),
    ],
)
def test_the_receptors_and_the_chest_walls_ratio_are_not_surgerys(text: str, expected: str) -> None:
    assert arms(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Surgery {BETTER}, ER positivity {TOO} and bone-only disease {TOO} were associated with survival.", "S--"),
        (f"Independent predictors of survival were age {WORSE}, visceral metastases {WORSE} and surgery {TOO}.", "--S"),
        (f"Visceral metastases {WORSE} and lack of surgery {WORSE} predicted worse survival.", "-N"),
        (f"Older age {WORSE} and not undergoing surgery {WORSE} were associated with death.", "-N"),
        (f"Surgery {BETTER}, chemotherapy {TOO} and radiotherapy {TOO} improved overall survival.", "S--"),
        (f"Poorer survival was associated with age {WORSE} and no surgery {WORSE}.", "-N"),
        (f"Factors associated with survival included surgery {BETTER} and HER2-positive status {TOO}.", "S-"),
        (f"Multivariable analysis: surgery {BETTER}, grade 3 {WORSE}, HER2-positive subtype {TOO}.", "S--"),
        (f"Surgery was a factor for better survival {BETTER}, as was the number of metastatic sites {WORSE}.", "S-"),
        (f"Surgery improved survival {BETTER} and patients with one metastatic site lived longer {TOO}.", "S-"),
        (f"Surgery {BETTER}, in contrast to radiotherapy {TOO}, improved survival.", "S-"),
    ],
)
def test_in_a_prognostic_model_only_the_arms_own_ratio_is_the_arms(text: str, expected: str) -> None:
    assert arms(text) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        f"Age over 70 {WORSE} was associated with worse survival.",
        f"Triple-negative subtype {WORSE} was associated with worse survival.",
        f"Triple-negative patients had worse survival {WORSE}.",
        f"Patients with a single metastasis lived longer {TOO}.",
        f"Radiotherapy improved survival {TOO}.",
        f"Survival was longer after endocrine therapy {TOO}.",
    ],
)
def test_a_sentence_with_a_subject_of_its_own_does_not_carry_the_arms_on(sentence: str) -> None:
    assert arms(f"{SURGERY} {sentence}") == "S-"


@pytest.mark.parametrize(
    "text",
    [
        f"Among patients who underwent surgery, radiotherapy improved survival {TOO}.",
        f"In the surgery group, positive margins were associated with worse survival {WORSE}.",
        f"Tumour grade predicted survival in the surgery group {WORSE}.",
        f"In patients undergoing surgery, free margins predicted survival {TOO}.",
        f"Among operated patients, those with free margins lived longer {TOO}.",
        f"Higher income was associated with surgery {TOO}.",
        f"Factors associated with surgery were age {TOO} and income {TOO}.",
    ],
)
def test_a_factor_among_the_operated_or_of_being_operated_is_no_comparison_of_the_arms(text: str) -> None:
    assert set(arms(text)) == {"-"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Surgery improved survival in HR-positive {BETTER}, HER2-positive {TOO} and bone-only disease {TOO}.", "SSS"),
        (f"Surgery improved survival in all subtypes: HR-positive {BETTER}, triple-negative {TOO}.", "SS"),
        (f"{SURGERY} Subgroup analyses: bone-only disease {TOO}, visceral disease {TOO}.", "SSS"),
        (f"HR-positive {BETTER} and HER2-positive patients {TOO} benefited from surgery.", "SS"),
        (f"{SURGERY} Younger women derived greater benefit {TOO}.", "SS"),
        (f"{SURGERY} The benefit was larger in bone-only disease {TOO}.", "SS"),
        (f"{SURGERY} In HER2-positive patients the HR was 0.70 (95% CI 0.60-0.82).", "SS"),
        (f"{SURGERY} The corresponding hazard ratio in bone-only disease was 0.70 (95% CI 0.60-0.82).", "SS"),
        (f"{SURGERY} After propensity score matching the association persisted {TOO}.", "SS"),
        (f"{SURGERY} Locoregional progression-free survival was longer, too {TOO}.", "SS"),
        (f"Benefit from surgery was seen in HER2-positive {BETTER} but not in triple-negative disease {TOO}.", "SS"),
        (f"Patients who underwent surgery had a lower risk of death {BETTER}.", "S"),
        (f"In the surgery group, survival was longer {BETTER}.", "S"),
        (f"After adjustment for age and receptors surgery remained a prognostic factor {BETTER}.", "S"),
        ("The pooled hazard ratio was 0.63 (95% CI 0.58-0.70), a lower risk of death in operated patients.", "S"),
    ],
)
def test_outcomes_subgroups_and_words_for_the_effect_leave_the_ratio_to_the_arms(text: str, expected: str) -> None:
    assert arms(text) == expected
