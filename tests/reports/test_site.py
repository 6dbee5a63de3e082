"""The site is a pure function of its snapshots, and says what it must."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from reports.errors import PublishError
from reports.gates import check_site
from reports.html_reading import read_page
from reports.model import Snapshot
from reports.pages.answer import verdict_on_everyone
from reports.pages.edition import Edition
from reports.site import build_site
from reports.taxonomy import inside_sentence
from tests.benchmarks.site_build import large, reviewed
from tests.reports.conftest import Built
from tests.reports.snapshots import COHORTS, PRINTED, SITE_URL, TRIALS, Printed, snapshot, status, whole

ATOM = "{http://www.w3.org/2005/Atom}"
REPORT_WEIGHT = 150_000


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def build(content: Snapshot, out: Path) -> Path:
    out.mkdir()
    build_site(content, status=status(), out=out, site_url=SITE_URL)
    check_site(out, content, previous=None)
    return out


def test_the_built_site_passes_its_gates(built: Built) -> None:
    check_site(built.folder, built.snapshot, previous=built.earlier)


def test_the_same_snapshot_gives_the_same_bytes_in_another_folder(built: Built, tmp_path: Path) -> None:
    build_site(built.snapshot, status=status(), out=tmp_path, site_url=SITE_URL, earlier=[built.earlier])
    assert files(tmp_path) == files(built.folder)


def test_frozen_versions_are_the_same_bytes_in_every_later_site(built: Built, tmp_path: Path) -> None:
    build_site(built.earlier, status=status(), out=tmp_path, site_url=SITE_URL)
    first = {name: raw for name, raw in files(tmp_path).items() if "/v/2026.1/" in name}
    assert first
    assert first == {name: raw for name, raw in files(built.folder).items() if "/v/2026.1/" in name}


def test_every_subtype_every_pattern_and_only_cells_with_evidence_have_a_report(built: Built) -> None:
    protocol = built.snapshot.protocol
    for kind, key in (("subtype", "subtypes"), ("pattern", "patterns")):
        for entry in protocol[key]:
            assert (built.folder / kind / entry["slug"] / "index.html").is_file()
    assert not (built.folder / "subtype/triple-negative/pattern").exists()


def test_a_cell_with_evidence_gets_its_own_report(tmp_path: Path) -> None:
    cell = Printed("TATA", 2015, (10, 12), (0.9, 0.5, 1.6), subtype="her2-positive", pattern="bone-only")
    out = build(snapshot((*PRINTED, cell)), tmp_path / "site")
    assert (out / "subtype/her2-positive/pattern/bone-only/index.html").is_file()


def test_a_group_without_trials_says_no_randomised_data(built: Built) -> None:
    text = built.page("subtype/triple-negative/").text
    assert "No randomised data." in text
    assert "gap in the evidence, not evidence that surgery makes no difference" in text


def test_the_published_result_is_the_reference_result(built: Built) -> None:
    for folder in ("", "subtype/all/", "pattern/all/"):
        assert "0.928 (0.690–1.249)" in built.page(folder).text


def test_the_naive_result_stands_on_the_validation_page_alone(built: Built) -> None:
    # evidence README: read naively 0.880 (0.730-1.061)
    for path in sorted(built.folder.rglob("*")):
        if path.is_file() and path.suffix in {".html", ".xml", ".csv", ".R", ".ris"}:
            stands = "0.880" in path.read_text()
            assert stands == (path.parent.name == "validation"), path


def test_randomised_and_observational_evidence_share_no_table_of_a_forest_plot(built: Built) -> None:
    for table in built.page("subtype/all/").tables:
        synthesis = built.snapshot.result(table.synthesis_id)
        assert synthesis is not None
        assert {key for key, _ in table.rows if not key.startswith("pooled")} == {i.value_id for i in synthesis.inputs}


def test_the_observational_part_comes_after_the_trials_with_the_immortal_time_note(built: Built) -> None:
    text = built.page("subtype/all/").text
    assert text.index("Randomised trials: overall survival") < text.index("Apart: observational studies")
    assert "immortal-time and selection bias" in text


def test_the_figure_states_the_finding_and_its_axis_in_words(built: Built) -> None:
    html = built.html("subtype/all/")
    assert whole(built.snapshot).conclusion in re.findall(r"<desc[^>]*>([^<]*)</desc>", html)
    assert "← favours surgery" in html
    assert "favours no surgery →" in html


def test_a_study_page_shows_the_quote_where_it_stands_and_the_correction(built: Built) -> None:
    text = built.page("studies/abcsg-28/").text
    assert "“HR 0.691; 95% CI 0.358-1.333”" in text
    assert "characters 120 to 145" in text
    assert "Correction. Arm above the line: not stated → no surgery (the surgery arm has the shorter median)" in text


def test_a_notice_on_an_included_report_stands_above_everything_on_the_page(tmp_path: Path) -> None:
    content = snapshot()
    alerted = tuple(
        r.model_copy(update={"alert": "ErratumIn: PMID 35427466"}) if r.report_id == "E2108-2022" else r
        for r in content.reports
    )
    out = build(content.model_copy(update={"reports": alerted}), tmp_path / "site")
    text = read_page(out / "subtype/all/index.html").text
    assert "Notice on an included report. E2108: Erratum: PMID 35427466." in text
    assert text.index("Erratum") < text.index("Summary of findings Outcome")
    assert "Erratum" not in read_page(out / "subtype/triple-negative/index.html").text
    study = read_page(out / "studies/e2108/index.html").text
    assert "Erratum: PMID 35427466 (E2108-2022). Its values are looked at again; until reviewers have decided" in study


@pytest.mark.parametrize(
    ("decided", "words"),
    [
        (False, "Its values are looked at again; until reviewers have decided, the result stands as it is."),
        (True, "Reviewers have looked at its values again, and what they decided is used here."),
    ],
)
def test_a_notice_says_whether_reviewers_have_decided_since(decided: bool, words: str, tmp_path: Path) -> None:
    content = snapshot()
    value = next(v for v in content.values if v.report_id == "E2108-2022")
    alerted = tuple(
        r.model_copy(update={"alert": "ErratumIn: PMID 35427466"}) if r.report_id == "E2108-2022" else r
        for r in content.reports
    )
    reopened = content.decisions[0].model_copy(
        update={"seq": 9000, "at": "2026-11-21T02:30:00Z", "action": "reopen", "subject_kind": "value"}
        | {"subject_id": value.value_id, "by": "surveillance"}
    )
    on = "2026-11-22T09:00:00Z" if decided else "2026-11-01T09:00:00Z"
    values = tuple(v.model_copy(update={"approved_at": on}) if v is value else v for v in content.values)
    changed = {"reports": alerted, "values": values, "decisions": (*content.decisions, reopened)}
    out = build(content.model_copy(update=changed), tmp_path / "site")
    for page in ("subtype/all", "studies/e2108"):
        assert words in read_page(out / page / "index.html").text


def test_a_page_on_some_patients_does_not_give_the_word_on_all_for_theirs(built: Built) -> None:
    written = built.snapshot.protocol["editorial"]["interpretation"]
    assert f"Interpretation {written}" in built.page("subtype/all/").text
    for folder, first in (
        ("subtype/hr-positive/", "One randomised trial reports better overall survival"),
        ("pattern/oligometastatic/", "No randomised trial has reported a usable estimate"),
    ):
        text = built.page(folder).text
        assert f"Interpretation {first}" in text
        assert f"For all patients together: {written[0].lower()}{written[1:]}" in text
    assert "Main result One randomised trial: hazard ratio 0.64" in built.page("subtype/hr-positive/").text
    assert "survival overall" not in built.page("subtype/all/").text


def test_what_people_wrote_for_another_result_is_withheld_and_the_result_stands_in_its_place(tmp_path: Path) -> None:
    content = snapshot(PRINTED)
    assert content.protocol["editorial"]["written_for"] == verdict_on_everyone(Edition(content)) == "not_shown"
    written = content.protocol["editorial"]["interpretation"]
    # Written when the trials favoured surgery; a later one moved the interval over 1.
    editorial = {**content.protocol["editorial"], "written_for": "favours_surgery"}
    outdated = content.model_copy(update={"protocol": {**content.protocol, "editorial": editorial}})
    out = build(outdated, tmp_path / "site")
    for page in ("subtype/all", "subtype/her2-positive", "methods"):
        text = read_page(out / page / "index.html").text
        assert written not in text
        assert inside_sentence(written) not in text
        assert "do not show that surgery of the primary tumour improves overall survival" in text
        assert "was written for another result and is withheld" in text


def test_a_page_without_a_study_does_not_speak_of_its_studies(built: Built) -> None:
    text = built.page("pattern/oligometastatic/").text
    assert "No study to assess." in text
    assert "for any study of this page" not in text


def test_a_report_is_cited_by_the_address_that_never_changes_and_other_pages_give_their_own(built: Built) -> None:
    assert "Cite as https://review.example/subtype/all/v/2026.2/" in built.page("subtype/all/").text
    assert "Cite as https://review.example/subtype/all/v/2026.1/" in built.page("subtype/all/v/2026.1/").text
    assert "Address: https://review.example/methods/" in built.page("methods/").text


def test_no_page_names_a_field_or_a_code_of_the_tables(built: Built) -> None:
    codes = re.compile(r"\b(?:ci_level|numerator_arm|not_stated|no_surgery|conference_abstract|secondary_source)\b|``")
    for path in built.folder.rglob("*.html"):
        text = read_page(path).text
        assert not codes.search(text), f"{path}: {codes.search(text)}"


def test_rehearsal_ids_are_shown_but_never_linked_to_pubmed(built: Built) -> None:
    html = built.html("studies/jcog1017/")
    assert "rehearsal record 990000001" in html
    assert "pubmed.ncbi.nlm.nih.gov/990000001" not in html
    assert "pubmed.ncbi.nlm.nih.gov/26363985/" in built.html("studies/tata/")


def test_a_rehearsal_is_marked_on_every_page(tmp_path: Path) -> None:
    out = build(snapshot(rehearsal=True), tmp_path / "site")
    for path in sorted(out.rglob("index.html")):
        assert "Rehearsal: recorded archive, not the live review" in path.read_text(), path
    assert "Rehearsal" in (out / "feed.xml").read_text()


def test_a_study_name_with_html_in_it_is_inert(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>\"'&"
    out = build(snapshot(label=name), tmp_path / "site")
    for path in sorted(out.rglob("*.html")):
        assert "<script>alert" not in path.read_text(), path
    assert "&lt;script&gt;alert(1)" in (out / "subtype/all/index.html").read_text()


def test_a_version_is_in_the_title_and_the_heading_of_every_report(built: Built) -> None:
    page = built.page("subtype/her2-positive/")
    assert "living systematic review, version 2026.2" in page.headings[0][1]
    assert page.headings[0][1].replace(":", "").replace(".", "") == page.title.replace(":", "").replace(".", "")


def test_a_frozen_version_is_not_indexed_and_leads_to_the_latest(built: Built) -> None:
    html = built.html("subtype/all/v/2026.1/")
    assert '<meta name="robots" content="noindex">' in html
    assert 'href="../../../../subtype/all/index.html"' in html
    assert "0.949" not in html or "0.928 (0.690" not in html


def test_what_changed_stands_on_the_report_with_old_and_new(built: Built) -> None:
    text = built.page("subtype/all/").text
    assert "new study: JCOG1017" in text
    assert "No change in the main conclusion." in text
    assert "4 → 5" in text


def test_a_study_that_left_the_review_keeps_a_page_that_says_so(tmp_path: Path) -> None:
    first = snapshot(TRIALS)
    second = snapshot(TRIALS[:4], version="2026.2", previous=first)
    build_site(second, status=status(), out=tmp_path, site_url=SITE_URL, earlier=[first])
    assert "no longer included" in (tmp_path / "studies/jcog1017/index.html").read_text()
    assert (tmp_path / "subtype/all/v/2026.1/index.html").is_file()


def test_a_report_that_left_the_review_keeps_its_address_and_versions(tmp_path: Path) -> None:
    cell = Printed("TATA", 2015, (10, 12), (0.9, 0.5, 1.6), subtype="her2-positive", pattern="bone-only")
    first = snapshot((*TRIALS, cell))
    second = snapshot(TRIALS, version="2026.2", previous=first)
    build_site(second, status=status(), out=tmp_path, site_url=SITE_URL, earlier=[first])
    check_site(tmp_path, second, previous=first)
    text = (tmp_path / "subtype/her2-positive/pattern/bone-only/index.html").read_text()
    assert "This report is no longer updated." in text


def test_feeds_are_atom_with_one_entry_a_version(built: Built) -> None:
    for name, page in (("feed.xml", ""), ("subtype/all/feed.xml", "subtype/all/")):
        root = ElementTree.fromstring((built.folder / name).read_text())
        entries = root.findall(f"{ATOM}entry")
        assert [e.findtext(f"{ATOM}id") for e in entries] == [
            f"{SITE_URL}/subtype/all/v/2026.2/",
            f"{SITE_URL}/subtype/all/v/2026.1/",
        ]
        links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
        assert links["alternate"] == f"{SITE_URL}/{page}"


def test_the_data_package_describes_every_table_as_it_is(built: Built) -> None:
    data = built.folder / "data"
    package = json.loads((data / "datapackage.json").read_text())
    assert package["version"] == "2026.2"
    for resource in package["resources"]:
        with (data / resource["path"]).open(newline="") as table:
            rows = list(csv.reader(table))
        assert rows[0] == [field["name"] for field in resource["schema"]["fields"]]
        assert resource["bytes"] == (data / resource["path"]).stat().st_size
        shown = re.search(rf'data-rows="{resource["name"].replace("-", "_")}">(\d+)<', built.html("data/"))
        assert shown is not None
        assert int(shown.group(1)) == len(rows) - 1


def test_each_synthesis_comes_with_code_that_states_its_exact_inputs(built: Built) -> None:
    code = (built.folder / "data/r/os--all--all--randomised.R").read_text()
    for one in whole(built.snapshot).inputs:
        assert repr(one.log_hr) in code
        assert repr(one.se_log_hr) in code
    assert 'method = "REML", test = "knha"' in code


def test_each_forest_plot_comes_as_a_file_of_its_own_that_needs_nothing_else(built: Built) -> None:
    text = (built.folder / "data/figures/os--all--all--randomised.svg").read_text()
    ElementTree.fromstring(text)
    assert "0.928 (0.690–1.249)" in text
    assert "url(" not in text
    assert text.startswith("<?xml")


def test_included_reports_come_as_ris(built: Built) -> None:
    text = (built.folder / "data/included-reports.ris").read_text()
    assert text.count("TY  - ") == len(built.snapshot.reports)
    assert "990000001" not in text


def test_the_site_can_be_read_from_a_disk_because_links_name_their_file(built: Built) -> None:
    for path in sorted(built.folder.rglob("index.html")):
        for link in read_page(path).links:
            assert ":" in link or not link.partition("#")[0].endswith("/"), (path, link)


def test_no_page_asks_another_host_for_anything(built: Built) -> None:
    for path in sorted(built.folder.rglob("*.html")):
        html = path.read_text()
        for tag in re.findall(r"<(?:script|img|iframe|link|source)[^>]*>", html):
            if 'rel="canonical"' in tag:
                continue
            assert "http" not in tag, (path, tag)


def test_a_report_weighs_less_than_150_kilobytes(built: Built) -> None:
    for path in sorted(built.folder.glob("*/*/index.html")):
        assert path.stat().st_size < REPORT_WEIGHT, path


def test_a_report_of_forty_judged_studies_weighs_less_than_150_kilobytes(tmp_path: Path) -> None:
    content = reviewed(snapshot(large(20)))
    build_site(content, status=status(), out=tmp_path, site_url=SITE_URL)
    for path in (tmp_path / "subtype/all/index.html", tmp_path / "pattern/all/index.html"):
        assert path.stat().st_size < REPORT_WEIGHT


def test_two_hundred_studies_one_with_an_interval_to_infinity_are_drawn(tmp_path: Path) -> None:
    many = tuple(
        Printed(f"S{i:03d}", 2000 + i % 25, (50 + i, 60), (0.5 + i / 200, 0.3 + i / 300, 1.0 + i / 100))
        for i in range(199)
    )
    wide = Printed("S199", 2024, (5, 5), (1.2, 0.0002, 7200.0))
    out = build(snapshot((*many, wide)), tmp_path / "site")
    text = (out / "subtype/all/index.html").read_text()
    assert "S199" in text
    assert 'class="cut"' in text


def test_a_single_trial_is_shown_alone_and_nothing_is_pooled(built: Built) -> None:
    text = built.page("pattern/solitary-bone/").text
    assert "A single trial cannot show whether its result holds elsewhere." in text
    assert "One study: heterogeneity, prediction interval and pooled result are not estimable." in text
    assert "Pooled, 1" not in text


def test_plain_words_hold_no_statistics_and_nothing_that_is_not_there(built: Built) -> None:
    def plain(folder: str) -> str:
        html = built.html(folder)
        return re.sub(r"<[^>]+>", "", html[html.index('id="plain"') : html.index('id="findings"')])

    single = plain("pattern/solitary-bone/")
    assert "Its result speaks for the hope that people live longer with the operation." in single
    assert "One study alone cannot settle the question. Results for a part of the patients are less certain" in single
    assert not re.search(r"hazard|confidence|randomised|interval", single)
    assert "Together they have not shown that people live longer with the operation." in plain("subtype/all/")
    # No cohort of oligometastatic disease either: nothing "is shown below".
    assert "Other studies have no result either that could be used here." in plain("pattern/oligometastatic/")
    assert "What other studies found is shown below" in plain("subtype/her2-positive/")


def test_no_result_is_expected_of_a_trial_that_never_ran_or_was_stopped(tmp_path: Path) -> None:
    content = snapshot(TRIALS)
    (running,) = content.ongoing
    stopped = running.model_copy(update={"registry_id": "NCT01392586", "label": "SUBMIT", "status": "terminated"})
    out = build(content.model_copy(update={"ongoing": (running, stopped)}), tmp_path / "site")
    for page in ("subtype/all", "studies"):
        text = read_page(out / page / "index.html").text
        assert re.search(r"Changhai Hospital trial.*?results expected: date not stated", text)
        assert not re.search(r"SUBMIT[^:]*: terminated[^S]*results expected", text)


def test_a_review_without_any_trial_is_a_site_of_honest_pages(tmp_path: Path) -> None:
    out = build(snapshot(COHORTS), tmp_path / "site")
    text = (out / "index.html").read_text()
    assert "No randomised trial has reported a usable estimate of overall survival" in text
    assert "cannot settle the question" in text


def test_trials_that_agree_have_a_tau2_of_zero_and_a_page(tmp_path: Path) -> None:
    same = tuple(Printed(f"T{i}", 2010 + i, (100, 100), (0.9 + i / 100, 0.7, 1.2)) for i in range(3))
    out = build(snapshot(same), tmp_path / "site")
    assert "I² 0 %" in read_page(out / "subtype/all/index.html").text


def test_a_site_is_built_into_an_empty_folder_only(tmp_path: Path) -> None:
    (tmp_path / "left.txt").write_text("left")
    with pytest.raises(PublishError, match="existing empty folder"):
        build_site(snapshot(), status=status(), out=tmp_path, site_url=SITE_URL)


def test_a_full_disk_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(self: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if mode != "xb":
            return opened(self, mode, *rest, **named)
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(PublishError, match="No space left on device"):
        build_site(snapshot(), status=status(), out=tmp_path, site_url=SITE_URL)


def test_the_data_package_is_valid_row_by_row_for_a_reader_that_is_not_ours(built: Built) -> None:
    # Frictionless' own validator reads schema, hashes and every row.
    from frictionless import Package

    report = Package(str(built.folder / "data/datapackage.json")).validate()
    assert report.valid, [task.errors for task in report.tasks if task.errors]
    assert len(report.tasks) == 9


def test_each_version_of_a_report_says_how_to_cite_it_by_the_address_that_never_changes(built: Built) -> None:
    frozen = "https://review.example/subtype/hr-positive/v/{}/"
    for folder, version in (("subtype/hr-positive/", "2026.2"), ("subtype/hr-positive/v/2026.1/", "2026.1")):
        if (built.folder / folder).is_dir():
            text = built.page(folder).text
            assert f"@misc{{living-review-hr-positive-all-{version}," in text
            assert f"url = {{{frozen.format(version)}}}" in text
    assert (built.folder / "subtype/hr-positive/v/2026.1").is_dir()
    # Read by a BibTeX parser that is not ours: the team is one author, not a first and a last name.
    from pybtex.database import parse_string

    (entry,) = parse_string((built.folder / "data/citation.bib").read_text(), "bibtex").entries.values()
    assert [str(person) for person in entry.persons["author"]] == ["{Protocol team}"]
    assert entry.fields["version"] == "2026.2"
