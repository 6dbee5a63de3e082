"""BibTeX through pybtex, LaTeX as letters, errors with their line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import DocumentError
from extract.exchange.bibtex import read_bibtex

TWO = r"""% a comment
@string{jco = "J Clin Oncol"}
@article{khan2022,
  author = {Khan, Seema A. and {van der Berg}, J{\"o}rg and {ECOG-ACRIN Group} and others},
  title = {Early {L}ocal Therapy in \textit{de novo} disease: 5\% of $\alpha$},
  journal = jco, year = 2022, volume = 40, number = 9, pages = {978--987},
  doi = {https://doi.org/10.1200/JCO.21.02006}, keywords = {surgery, stage IV}
}
@misc{x, title = {Second}, url = {https://pubmed.ncbi.nlm.nih.gov/123/}}
"""


def test_entries_are_read_with_accents_names_and_strings():
    first, second = read_bibtex(TWO, name="x.bib")

    assert first.title == "Early Local Therapy in de novo disease: 5% of α"
    assert first.authors == ("Khan, Seema A.", "van der Berg, Jörg", "ECOG-ACRIN Group")
    assert (first.journal, first.year, first.volume, first.issue, first.pages) == (
        "J Clin Oncol",
        2022,
        "40",
        "9",
        "978-987",
    )
    assert first.doi == "10.1200/jco.21.02006"
    assert first.keywords == ("surgery", "stage IV")
    assert (first.line, second.line, second.pmid) == (3, 9, "123")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no entry"),
        ("TY  - JOUR", "no entry"),
        ("@article{a, title = {x}", "line 1: premature end of file"),
        ("\n\n@article{a, title = {x} year = 5}", "line 3: '}' expected"),
        ("@article{a, title = foo}", "undefined string in line 1: foo"),
        ("@article{a, title = {x}}\n@article{a, title = {y}}", "repeated bibliography entry: a"),
        ("\n@article{a, year = 2000}", "line 2: entry 'a' has no title"),
        ("@article{a, title = {x}, pmid = {1x}}", "PMID '1x' is no PubMed id"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, words):
    with pytest.raises(DocumentError) as told:
        read_bibtex(text, name="x.bib")

    assert words in str(told.value)


@given(st.text(alphabet=st.sampled_from("@article{},=\"\\$%a \nö'"), max_size=60))
def test_any_text_is_read_or_refused_with_a_clear_error(text):
    try:
        assert read_bibtex(text, name="x.bib")
        assert read_bibtex(f"@article{{k, title = {{{text}}}}}", name="x.bib")
    except DocumentError as error:
        told = str(error)
    else:
        told = "x.bib"
    assert told.startswith("x.bib")
