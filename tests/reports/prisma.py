"""The reporting checklists as tests against a built site: PRISMA 2020, PRISMA-S, PRISMA-LSR.

One check for each item that a program can test; the others are listed with the reason. Item ids are those of the
checklist file beside the project's methods.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable

from reports.figures.flow_chart import check_sums
from tests.reports.conftest import Built
from tests.reports.snapshots import whole

Check = Callable[[Built], None]
REPORT = "subtype/all/"
SUBGROUP = "subtype/hr-positive/"

NOT_TESTABLE = {}


def _has(folder: str, *words: str) -> Check:
    def check(built: Built) -> None:
        text = built.page(folder).text
        for one in words:
            assert one in text, f"{folder}: {one!r} is missing"

    return check


def _section(folder: str, heading: str) -> Check:
    def check(built: Built) -> None:
        sections = dict(built.page(folder).sections)
        assert len(sections[heading].split()) > 3, f"{folder}: section {heading!r} says nothing"

    return check


def _title(built: Built) -> None:
    for folder in (REPORT, SUBGROUP, "pattern/bone-only/"):
        page = built.page(folder)
        assert "systematic review" in page.headings[0][1]
        assert _words(page.title) == _words(page.headings[0][1])


def _words(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower())


def _abstract(built: Built) -> None:
    html = built.html(REPORT)
    block = html[html.index('<dl class="abstract">') :]
    parts = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", block)
    assert len(parts) == 12
    ratio = whole(built.snapshot).primary
    assert ratio is not None
    result = " ".join(dict(parts)["Main result"].split())
    assert f"{ratio.ratio.estimate:.2f}" in result
    assert f"{ratio.ratio.low:.2f} to {ratio.ratio.high:.2f}" in result
    assert "22 November 2026" in dict(parts)["Sources"]


def _eligibility(built: Built) -> None:
    criteria = built.snapshot.protocol["eligibility"]["criteria"]
    assert len(criteria) >= 6
    _has("methods/", *criteria, *(e["label"] for e in built.snapshot.protocol["subtypes"]))(built)


def _query(built: Built) -> None:
    html = built.html("search/")
    shown = re.search(r'data-query="0">(.*?)</pre>', html, re.DOTALL)
    assert shown is not None
    query = built.snapshot.protocol["search"][0]["query"]
    printed = shown.group(1).replace("&#34;", '"').replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    assert printed == query


def _outcomes(built: Built) -> None:
    for outcome in built.snapshot.protocol["outcomes"]:
        _has("methods/", outcome["label"], outcome["definition"])(built)


def _direction(built: Built) -> None:
    html = built.html(REPORT)
    for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
        if 'class="plot' in figure:
            assert "favours surgery" in figure


def _entered(built: Built) -> None:
    for folder in (REPORT, SUBGROUP):
        for table in built.page(folder).tables:
            synthesis = built.snapshot.result(table.synthesis_id)
            assert synthesis is not None
            printed = [key for key, _ in table.rows if not key.startswith("pooled")]
            assert sorted(printed) == sorted(one.value_id for one in synthesis.inputs)


def _derived(built: Built) -> None:
    html = built.html(REPORT)
    for one in whole(built.snapshot).inputs:
        assert f"/index.html#{one.value_id}" in html, "a derived number is not linked to its value"


def _risk_of_bias(built: Built) -> None:
    html = built.html(REPORT)
    for one in whole(built.snapshot).inputs:
        lights = "".join(re.findall(r'<table class="lights">.*?</table>', html, re.DOTALL))
        row = re.search(rf'<tr><th scope="row"><a [^>]*>{re.escape(one.label)}</a>(.*?)</tr>', lights, re.DOTALL)
        assert row is not None, f"{one.study_id} has no row of risk of bias"
        cells = len(re.findall("<td", row.group(1)))
        assert "not yet assessed" in row.group(1) or cells in (6, 8), f"{one.study_id}: {cells} cells"
    judged = built.html("studies/tata/")
    assert "invented for this test" in judged, "the support of a judgement is missing on the study's page"


def _interaction(built: Built) -> None:
    tests = whole(built.snapshot).interactions
    assert tests
    for one in tests:
        kind = "prespecified" if one.prespecified else "post hoc"
        _has(REPORT, f"Test of interaction: Q {one.q:.2f} on {one.df} df, p {one.p:.2f} ({kind}")(built)


def _certainty(built: Built) -> None:
    certainty = whole(built.snapshot).certainty
    assert certainty is not None
    assert certainty.level in ("high", "moderate", "low", "very low")
    _has(REPORT, f"Certainty (GRADE) {certainty.level}", *certainty.reasons)(built)


def _sensitivity(built: Built) -> None:
    for one in built.snapshot.results:
        if one.k >= 3:
            assert one.sensitivity


def _sensitivity_table(built: Built) -> None:
    for pooled in whole(built.snapshot).sensitivity:
        _has(REPORT, pooled.label, f"{pooled.ratio.estimate:.3f}")(built)


def _flow(built: Built) -> None:
    check_sums(built.snapshot.flow)
    html = built.html("methods/")
    for box in built.snapshot.flow.boxes:
        assert f'data-box="{box.key}"' in html
        assert f"{box.label}: {box.count}" in html


def _flow_versions(built: Built) -> None:
    html = built.html("methods/")
    table = html[html.index('id="flow-versions"') :]
    assert '<th scope="col" class="n">2026.1</th><th scope="col" class="n">2026.2</th>' in table
    for box in built.snapshot.flow.boxes:
        assert f'<th scope="row">{box.label}</th><td class="n">{box.count}</td><td class="n">{box.count}</td>' in table


def _near_misses(built: Built) -> None:
    html = built.html("studies/")
    for row in built.snapshot.excluded:
        assert row.title in html
        assert row.reason in html


def _characteristics(built: Built) -> None:
    html = built.html("studies/")
    for study in built.snapshot.studies:
        assert f">{study.label}</a>" in html


def _plot_rows_are_table_rows(built: Built) -> None:
    page = built.page(REPORT)
    svg = re.search(r'<figure id="forest-os-randomised">.*?</figure>', built.html(REPORT), re.DOTALL)
    assert svg is not None
    for key, ratio in page.tables[0].rows:
        assert ratio in svg.group(), key


def _pooled(built: Built) -> None:
    main = whole(built.snapshot)
    pooled = main.primary
    assert pooled is not None
    assert pooled.prediction is not None
    assert pooled.tau2 is not None
    assert pooled.i2 is not None
    _has(
        REPORT,
        f"{pooled.ratio.estimate:.3f}",
        f"{pooled.prediction.low:.2f}–{pooled.prediction.high:.2f}",
        f"τ² {pooled.tau2:.3f}",
        f"I² {pooled.i2:.0f} %",
        str(main.participants)[-3:],
    )(built)
    for one in built.snapshot.results:
        assert one.primary is not None or one.reason


def _editor(key: str) -> Check:
    def check(built: Built) -> None:
        words = built.snapshot.protocol["editorial"][key]
        assert words
        _has("methods/", words.rstrip("."))(built)

    return check


def _interpretation(built: Built) -> None:
    _editor("interpretation")(built)
    _has("methods/", "Signed: Protocol team")(built)


def _protocol_link(built: Built) -> None:
    assert 'href="../data/protocol.json"' in built.html("methods/")
    assert (built.folder / "data/protocol.json").is_file()


def _people(built: Built) -> None:
    for person in built.snapshot.protocol["people"]:
        _has("people/", person["name"], person["role"], person["interests"], person["contribution"])(built)


def _approvers(built: Built) -> None:
    _people(built)
    for name in {v.approved_by for v in built.snapshot.values}:
        _has("people/", f"{name}: ")(built)


def _data(built: Built) -> None:
    html = built.html("data/")
    for name in ("values", "studies", "reports", "decisions", "searches"):
        with (built.folder / f"data/tables/{name}.csv").open(newline="") as table:
            rows = len(list(csv.reader(table))) - 1
        assert f'data-rows="{name}">{rows}<' in html
    assert len(re.findall(r'title="[0-9a-f]{64}"', html)) >= 8


def _total_records(built: Built) -> None:
    total = sum(row.new_records or 0 for row in built.snapshot.searches)
    _has("search/", f"{total} records from PubMed in all")(built)


def _schedule(built: Built) -> None:
    living = built.snapshot.protocol["living"]
    _has("search/", f"every night at {living['night_at']}", f"{living['overlap_days']} days of overlap")(built)


def _six_schedules(built: Built) -> None:
    steps = ("Screening", "Data collection", "Risk of bias", "Analysis", "Certainty", "Publication")
    sections = dict(built.page("methods/").sections)
    for step in steps:
        assert step in sections["Living mode"]


def _previous_version(built: Built) -> None:
    assert 'href="../../subtype/all/v/2026.1/index.html"' in built.html(REPORT)


def _trigger(built: Built) -> None:
    assert built.snapshot.changes.triggers
    for trigger in built.snapshot.changes.triggers:
        _has(REPORT, trigger)(built)


def _result_changes(built: Built) -> None:
    for change in built.snapshot.changes.estimates:
        if "--all--all--" in change.synthesis_id and change.old and change.new:
            _has(REPORT, change.old, change.new, f"{change.old_k} → {change.new_k}")(built)


def _living_status(built: Built) -> None:
    html = built.html("")
    assert html.index('class="living active"') < html.index('id="answer"')
    assert json.loads((built.folder / "status.json").read_text())["living_status"] == "active"


def _all_sources_dated(built: Built) -> None:
    _has("search/", "Last complete search through", "22 November 2026")(built)


def _version_in_heading(built: Built) -> None:
    found = re.search(r"version (\d+(\.\d+)*)", built.page(REPORT).headings[0][1])
    assert found is not None
    assert found.group(1) == built.snapshot.manifest.version


CHECKS: dict[str, Check] = {
    "P1": _title,
    "P2": _abstract,
    "P3": _has("methods/", "Randomised trials disagree"),
    "P4": _has(SUBGROUP, "in hormone-receptor-positive (any HER2) disease", "Adults with breast cancer"),
    "P5": _eligibility,
    "P6": _all_sources_dated,
    "P7": _query,
    "P8": _has(
        "methods/",
        "Two votes, each by one person",
        "a conflict goes to the adjudicator",
        "(version words-topics/7), trained on this review's own votes",
        "It has no threshold and excludes nothing",
    ),
    "P9": _has("methods/", "A program proposes values", "two independent approvals", "Authors were not contacted"),
    "P10a": _outcomes,
    "P10b": _has("methods/", "Missing values are not assumed"),
    "P11": _has("methods/", "RoB 2 (version of 22 August 2019)", "ROBINS-I (2016)"),
    "P12": _direction,
    "P13a": _entered,
    "P13b": _derived,
    "P13c": _has("methods/", "Tables and plots are drawn from the same numbers"),
    "P13d": _has("methods/", "REML", "Hartung–Knapp", "Software: living-review 0.1.0"),
    "P13e": _has("methods/", "Groups prespecified: subtype, pattern"),
    "P13f": _sensitivity,
    "P14": _has("methods/", "a funnel plot from ten studies on"),
    "P15": _has("methods/", "GRADE in four levels"),
    "P16a": _flow,
    "P16b": _near_misses,
    "P17": _characteristics,
    "P18": _risk_of_bias,
    "P19": _plot_rows_are_table_rows,
    "P20a": _section(REPORT, "Studies"),
    "P20b": _pooled,
    "P20d": _sensitivity_table,
    "P22": _certainty,
    "P20c": _interaction,
    "P21": _has(REPORT, "Not assessed by a plot or a test: 5 studies"),
    "P23a": _interpretation,
    "P23b": _editor("limits_of_evidence"),
    "P23c": _has("methods/", "One source only is searched: PubMed"),
    "P23d": _editor("implications"),
    "P24a": _has("methods/", "Registration: not registered"),
    "P24b": _protocol_link,
    "P24c": _has("methods/", "Amendments: none"),
    "P25": _has("people/", "Funding: None"),
    "P26": _people,
    "P27": _data,
    "S1": _has("search/", "PubMed, through the E-utilities"),
    "S2": _has("search/", "Several databases on one platform: not applicable"),
    "S3": _has("search/", "Study registries:"),
    "S4": _has("search/", "Websites and conferences: not searched"),
    "S5": _has("search/", "Citation searching: not done"),
    "S6": _has("search/", "Contacts with authors: none"),
    "S7": _has("search/", "Other methods:"),
    "S8": _query,
    "S9": _has("search/", "no date, language or study-design limit"),
    "S10": _has("search/", "Published search filters none"),
    "S11": _has("search/", "Cochrane Database Syst Rev 2018"),
    "S12": _schedule,
    "S13": _all_sources_dated,
    "S14": _has("search/", "PRESS"),
    "S15": _total_records,
    "S16": _has("search/", "Deduplication: one record for each PubMed id, by living-review 0.1.0"),
    "L-T1": _has(REPORT, "living systematic review"),
    "L-T2": _version_in_heading,
    "L-A1": _has("methods/", "The review is retired when"),
    "L-R1": _has("methods/", "Why living."),
    "L-R2": _previous_version,
    "L-O1": _has("methods/", "Changes to the question since the preceding version: no change"),
    "L1a": _has("methods/", "every night at 02:30 UTC"),
    "L1b": _six_schedules,
    "L1c": _has("methods/", "no such plan is active"),
    "L2": _has("methods/", "Changes to the methods since the preceding version: no change"),
    "L-M1": _has("methods/", "A new report of an included study replaces the older one"),
    "L-M2": _has("methods/", "A new report of an included study re-opens its judgement"),
    "L-M3": _has("methods/", "The main result is not sequential"),
    "L-S1": _trigger,
    "L-S2": _flow_versions,
    "L3": _result_changes,
    "L-D1": _editor("limits_of_living_mode"),
    "L4": _approvers,
    "L-ST": _living_status,
}
