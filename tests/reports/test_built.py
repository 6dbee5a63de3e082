"""A site built from kept pages is byte for byte the site built from nothing; only pages that differ are rendered."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateError
from pydantic import BaseModel, ValidationError

from reports.asked import Answers, Asking, Dumped, digest
from reports.built import COMPILED, INDEX, TEXTS, Built, Unit, unit, units_of
from reports.errors import GateError, PublishError, ReportError
from reports.holes import OPEN
from reports.html_reading import PageText, read_page
from reports.making import make_site
from reports.model import Snapshot
from reports.pages.edition import Edition
from reports.pages.history import History
from reports.pages.imprint import LATE_WORDS
from reports.pages.shell import Page
from reports.readings import READINGS, Readings
from reports.site import SiteBuild, build_site
from reports.snapshot import TABLES
from reports.templating import environment
from reports.units import site_units
from tests.reports.snapshots import COHORTS, LOCAL, SITE_URL, SUBGROUPS, TRIALS, protocol, snapshot, status


def small_plan() -> dict[str, Any]:
    plan = protocol()
    plan["subtypes"] = [row for row in plan["subtypes"] if row["slug"] in ("all", "hr-positive", "her2-positive")]
    plan["patterns"] = [row for row in plan["patterns"] if row["slug"] in ("all", "solitary-bone")]
    plan["outcomes"] = plan["outcomes"][:3]
    return plan


PRINTED = (*TRIALS[:3], *SUBGROUPS, *COHORTS[-2:], *LOCAL)
FIRST = snapshot(PRINTED, judged=True, plan=small_plan())
BASE = snapshot(PRINTED, judged=True, plan=small_plan(), version="2026.2", previous=FIRST)
SHORT = 20
"""Of how many changes the suite tries one."""


def successor(content: Snapshot, number: int, **changes: Any) -> Snapshot:
    """Return the next version, as a publisher makes it: another name, another time, and what was changed."""
    manifest = content.manifest.model_copy(
        update={
            "version": f"2026.{number}",
            "snapshot_id": f"2026.{number}-abcdef",
            "table_version": number,
            "created_at": f"2026-12-{number % 28 + 1:02d}T02:40:00Z",
            "searched_through": f"2026-11-{number % 28 + 1:02d}",
        }
    )
    told = content.changes.model_copy(
        update={"previous_version": content.manifest.version, "triggers": ("values reviewed again",)}
    )
    return content.model_copy(update={"manifest": manifest, "changes": told, **changes})


def read_back(readings: Readings) -> dict[str, PageText]:
    return readings.read_all(readings.names())


def build(content: Snapshot, out: Path, *, earlier: Sequence[Snapshot] = (), built: Path | None = None) -> SiteBuild:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return build_site(content, status=status(), out=out, site_url=SITE_URL, earlier=earlier, built=built)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def other(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 1.01 + 0.001
    if isinstance(value, str):
        return f"{value} changed" if value else "changed"
    if isinstance(value, tuple | list):
        return value[:-1] if value else value
    if isinstance(value, dict):
        return {**value, "changed": "1"}
    return "changed"


def changed_parts(part: BaseModel) -> Iterator[tuple[str, BaseModel]]:
    """Yield the part with one field changed, for each field, and inside each part of it likewise."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        yield name, part.model_copy(update={name: other(value)})
        if isinstance(value, BaseModel):
            for inner, changed in changed_parts(value):
                yield f"{name}.{inner}", part.model_copy(update={name: changed})
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for inner, changed in changed_parts(value[0]):
                yield f"{name}[0].{inner}", part.model_copy(update={name: (changed, *value[1:])})


def valid(content: Snapshot) -> bool:
    """Tell whether a snapshot could have been read: one with a word outside a closed list could not."""
    try:
        Snapshot.model_validate(content.model_dump(warnings=False))
    except ValidationError:
        return False
    return True


def holds_for_each(contents: Iterator[tuple[str, Snapshot]], folder: Path) -> int:
    """Build each version on what the one before left, and from nothing; return how many there were."""
    count = 0
    build(BASE, folder / "kept", earlier=[FIRST], built=folder / "built")
    for name, changed in contents:
        if not valid(changed):
            continue
        count += 1
        content = successor(changed, count + 2)
        try:
            build(content, folder / "full", earlier=[FIRST, BASE])
        except (ReportError, LookupError, ValueError, TypeError, AttributeError, TemplateError):
            continue  # a snapshot no page can be made of: both refuse
        build(content, folder / "kept", earlier=[FIRST, BASE], built=folder / "built")
        here, there = files(folder / "kept"), files(folder / "full")
        assert here.keys() == there.keys(), name
        assert [key for key in here if here[key] != there[key]] == [], name
    return count


def changes_of_tables(every: int) -> Iterator[tuple[str, Snapshot]]:
    """Yield the snapshot with one column of one row changed, for every n-th column of all tables."""
    columns = [(table, name, row) for table in TABLES for name, row in changed_parts(getattr(BASE, table)[0])]
    for table, name, row in columns[::every]:
        yield f"{table}.{name}", BASE.model_copy(update={table: (row, *getattr(BASE, table)[1:])})


def changes_of_syntheses(every: int) -> Iterator[tuple[str, Snapshot]]:
    """Yield the snapshot with one number or word of a pooled synthesis changed, or of one with a single study."""
    parts = [(at, name, one) for at in (0, 1) for name, one in changed_parts(BASE.results[at])]
    for at, name, one in parts[::every]:
        yield (
            f"results[{at}].{name}",
            BASE.model_copy(update={"results": (*BASE.results[:at], one, *BASE.results[at + 1 :])}),
        )


def changes_of_the_rest(every: int) -> Iterator[tuple[str, Snapshot]]:
    """Yield the snapshot with its flow, its changes, its validation, its manifest or its protocol changed."""
    parts = [
        (key, name, one)
        for key in ("flow", "changes", "validation", "manifest")
        for name, one in changed_parts(getattr(BASE, key))
    ]
    for key, name, one in parts[::every]:
        yield f"{key}.{name}", BASE.model_copy(update={key: one})
    for key, value in list(BASE.protocol.items())[::every]:
        yield f"protocol.{key}", BASE.model_copy(update={"protocol": {**BASE.protocol, key: other(value)}})


@pytest.mark.parametrize("changes", [changes_of_tables, changes_of_syntheses, changes_of_the_rest])
def test_whatever_changes_in_a_snapshot_kept_pages_give_the_bytes_of_a_full_build(
    changes: Callable[[int], Iterator[tuple[str, Snapshot]]], tmp_path: Path
) -> None:
    # Every change, about 480: python -m tests.benchmarks.site_kept_pages
    every = 3 * SHORT if changes is changes_of_syntheses else SHORT
    assert holds_for_each(changes(every), tmp_path) > 3


def test_a_study_added_and_removed_gives_the_bytes_of_a_full_build(tmp_path: Path) -> None:
    one = snapshot(PRINTED, judged=True, plan=small_plan(), version="2026.2", previous=FIRST)
    more = snapshot((*PRINTED, TRIALS[4]), judged=True, plan=small_plan(), version="2026.3", previous=one)
    fewer = snapshot(PRINTED[1:], judged=True, plan=small_plan(), version="2026.4", previous=more)
    earlier: list[Snapshot] = []
    for content in (FIRST, one, more, fewer):
        made = build(content, tmp_path / "kept", earlier=earlier, built=tmp_path / "built")
        build(content, tmp_path / "full", earlier=earlier)
        assert files(tmp_path / "kept") == files(tmp_path / "full")
        earlier.append(content)
    assert "studies/tata/index.html" in made.made  # a page of what was removed


def test_only_pages_that_read_the_corrected_value_are_rendered(tmp_path: Path) -> None:
    build(BASE, tmp_path / "site", earlier=[FIRST], built=tmp_path / "built")
    at = next(
        n
        for n, one in enumerate(BASE.results)
        if (one.subtype, one.pattern, one.body) == ("all", "solitary-bone", "randomised")
    )
    result = BASE.results[at]
    assert result.primary is not None
    moved = result.model_copy(update={"inputs": (result.inputs[0].model_copy(update={"n_surgery": 17}),)})
    content = successor(BASE, 3, results=(*BASE.results[:at], moved, *BASE.results[at + 1 :]))
    made = build(content, tmp_path / "site", earlier=[FIRST, BASE], built=tmp_path / "built").made
    rendered = {path for path in made if "changes/" not in path and "v/2026.1/" not in path and "v/2026.2/" not in path}
    # The report itself, those that name it beside or above them, and what always follows the version.
    assert rendered >= {"pattern/solitary-bone/index.html", "pattern/solitary-bone/v/2026.3/index.html", "index.html"}
    assert not {
        path
        for path in rendered
        if path.startswith(("subtype/hr-positive/", "studies/e2108", "people/", "search/", "validation/"))
    }


def test_words_left_open_and_filled_in_give_the_bytes_of_words_written_at_once(tmp_path: Path) -> None:
    for out, names in (("open", LATE_WORDS), ("written", ())):
        (tmp_path / out).mkdir()
        build_site(BASE, status=status(), out=tmp_path / out, site_url=SITE_URL, earlier=[FIRST], late_words=names)
    assert files(tmp_path / "open") == files(tmp_path / "written")
    assert OPEN.encode() not in b"".join(files(tmp_path / "open").values())


def comparable(page: PageText) -> PageText:
    sections = tuple((heading, " ".join(body.split())) for heading, body in page.sections)
    return replace(page, links=tuple(sorted(set(page.links))), sections=sections, searched="")


def test_a_reading_kept_and_filled_says_what_the_page_says(tmp_path: Path) -> None:
    site, kept = tmp_path / "site", tmp_path / "built"
    before = build(BASE, site, earlier=[FIRST], built=kept)
    read_back(Readings(site, before.sources, kept))
    after = build(successor(BASE, 3), site, earlier=[FIRST, BASE], built=kept)
    for name, page in read_back(Readings(site, after.sources, kept)).items():
        assert comparable(page) == comparable(read_page(site / name)), name


def test_a_file_changed_behind_the_build_refuses_the_site(tmp_path: Path) -> None:
    site = tmp_path / "site"
    made = build(FIRST, site, built=tmp_path / "built")
    page = site / "subtype/all/index.html"
    page.write_text(page.read_text().replace("0.9", "0.8"))
    with pytest.raises(GateError, match=r"subtype/all/index.html: the file is not what was built"):
        read_back(Readings(site, made.sources, tmp_path / "built"))


@pytest.mark.parametrize("harm", ["text", "no texts", "index", "no index", "reading", "style"])
def test_a_damaged_or_foreign_cache_changes_no_byte(harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, kept = tmp_path / "site", tmp_path / "built"
    made = build(BASE, site, earlier=[FIRST], built=kept)
    read_back(Readings(site, made.sources, kept))
    if harm == "text":
        for path in (kept / TEXTS).iterdir():
            path.write_bytes(path.read_bytes().replace(b"0.", b"9."))
    elif harm == "no texts":
        shutil.rmtree(kept / TEXTS)
    elif harm == "index":
        (kept / INDEX).write_text((kept / INDEX).read_text()[:-200])
    elif harm == "no index":
        (kept / INDEX).unlink()
    elif harm == "reading":
        for path in (kept / READINGS).rglob("*.json"):
            path.write_text(path.read_text().replace("0.", "9."))
    else:
        monkeypatch.setattr("reports.built.style_path", lambda: "static/site.other.css")
    content = successor(BASE, 3)
    again = build(content, site, earlier=[FIRST, BASE], built=kept)
    build(content, tmp_path / "full", earlier=[FIRST, BASE])
    assert files(site) == files(tmp_path / "full")
    for name, page in read_back(Readings(site, again.sources, kept)).items():
        assert comparable(page) == comparable(read_page(site / name)), name
    if harm != "reading":
        assert "people/index.html" in again.made
    assert "people/index.html" not in build(content, site, earlier=[FIRST, BASE], built=kept).made or harm == "style"


def test_a_cache_that_cannot_be_written_is_one_clear_refusal(tmp_path: Path) -> None:
    (tmp_path / "built").write_text("a file where the folder should stand")
    with pytest.raises(PublishError, match=r"built: the built pages cannot be kept there .* Free space or permissions"):
        build(FIRST, tmp_path / "site", built=tmp_path / "built")


def test_a_page_that_begins_to_read_something_new_depends_on_it_without_being_told(tmp_path: Path) -> None:
    def titles(history: History) -> Page:
        return Page("new.txt", "; ".join(row.title for row in history.latest.snapshot.excluded))

    def text(content: Snapshot) -> tuple[str, bool]:
        store = Built(tmp_path, stamp="one", history=History((Edition(content),)), late=frozenset())
        made = store.make(unit("new", titles))
        store.save()
        return made.pages[0].text, made.kept

    assert text(BASE) == ("A review of surgery in stage IV disease", False)
    assert text(successor(BASE, 3, decisions=())) == ("A review of surgery in stage IV disease", True)
    other_title = BASE.excluded[0].model_copy(update={"title": "Another one"})
    assert text(successor(BASE, 4, excluded=(other_title,))) == ("Another one", False)
    assert text(successor(BASE, 5, excluded=())) == ("", False)


def asked(content: Snapshot, read: Callable[[History], object]) -> dict[str, str]:
    asking = Asking(Answers(History((Edition(content),))), frozenset({"version"}))
    read(asking.history)
    return {repr(path): asking.answers.digest(path) for path in asking.asked}


@pytest.mark.parametrize(
    "read",
    [
        lambda h: h.latest.studies["TATA"],
        lambda h: h.latest.studies.get("TATA"),
        lambda h: h.latest.label("TATA"),
        lambda h: [row for row in h.latest.snapshot.studies if row.study_id == "TATA"],
        lambda h: dict(h.latest.studies),
        lambda h: {**h.latest.studies},
        lambda h: h.editions[-1].studies["TATA"],
        lambda h: h.latest.tables["studies"].text,
    ],
)
def test_whichever_way_a_study_is_read_its_change_is_seen(read: Callable[[History], object]) -> None:
    changed = tuple(
        row.model_copy(update={"label": "TATA 2"}) if row.study_id == "TATA" else row for row in BASE.studies
    )
    assert asked(BASE, read) != asked(BASE.model_copy(update={"studies": changed}), read)


@pytest.mark.parametrize(
    "read",
    [
        lambda h: "NEW" in h.latest.studies,
        lambda h: h.latest.studies.get("NEW"),
        lambda h: len(h.latest.studies),
        lambda h: h.latest.label("NEW"),
    ],
)
def test_a_page_that_found_nothing_is_made_again_when_there_is_something(read: Callable[[History], object]) -> None:
    new = BASE.studies[0].model_copy(update={"study_id": "NEW", "label": "New study"})
    assert asked(BASE, read) != asked(BASE.model_copy(update={"studies": (*BASE.studies, new)}), read)


def test_the_words_of_a_version_left_open_are_no_question_but_real_ones_are() -> None:
    assert asked(BASE, lambda h: h.latest.version) == {}
    assert len(asked(BASE, lambda h: h.latest.snapshot.manifest.version)) == 1


def test_an_answer_whose_content_cannot_be_compared_is_refused() -> None:
    with pytest.raises(TypeError, match="asked for a object, whose content cannot be compared"):
        digest(object())
    assert digest((1, "1")) != digest(("1", 1)) != digest(["1", 1])
    assert digest({"a": 1, "b": None}) == digest({"a": 1, "b": None}) != digest({"b": None, "a": 1})


def test_two_units_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two units of the site have one name: a"):
        units_of([Unit("a", lambda _: ()), Unit("a", lambda _: ())])


def test_a_page_to_search_that_is_made_after_the_index_began_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def units(*given: Any, **named: Any) -> Iterator[Unit]:
        for one in site_units(*given, **named):
            yield replace(one, searched=one.searched and one.key != "people_page")

    monkeypatch.setattr("reports.site.site_units", units)
    with pytest.raises(ValueError, match=r"people/index.html would be missing from the search index: mark its unit"):
        make_site(FIRST, status=status(), out=tmp_path, site_url=SITE_URL)


def test_a_row_written_as_json_before_has_the_digest_of_one_that_was_not() -> None:
    dumped: Dumped = {}
    rows = [*FIRST.values, *FIRST.results, *FIRST.values]
    assert [digest(row, dumped) for row in rows] == [digest(row) for row in rows]
    assert len(set(map(digest, rows))) == len(FIRST.values) + len(FIRST.results) == len(dumped)


def test_compiled_templates_are_kept_for_other_processes_and_made_again_where_damaged(
    tmp_path: Path,
) -> None:
    def made(name: str, built: Path) -> dict[str, bytes]:
        environment.cache_clear()  # as a new process would begin
        (tmp_path / name).mkdir()
        make_site(FIRST, status=status(), out=tmp_path / name, site_url=SITE_URL, built=built)
        return files(tmp_path / name)

    built = tmp_path / "built"
    whole = made("first", built)
    kept = sorted((built / COMPILED).iterdir())
    assert kept
    for path in kept[::2]:
        path.write_bytes(path.read_bytes()[:40])
    (built / INDEX).unlink()
    assert made("second", built) == whole
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / COMPILED).write_text("a file where the folder should stand")
    assert made("third", tmp_path / "other") == whole
    assert environment().bytecode_cache is None


def test_a_checked_site_has_pages_index_and_the_same_bytes_from_kept_pages(tmp_path: Path) -> None:
    for out, built in (("first", tmp_path / "built"), ("second", tmp_path / "built"), ("full", None)):
        (tmp_path / out).mkdir()
        made = make_site(FIRST, status=status(), out=tmp_path / out, site_url=SITE_URL, built=built)
        assert bool(made.made) == (out != "second")
    assert files(tmp_path / "first") == files(tmp_path / "second") == files(tmp_path / "full")
    assert (tmp_path / "first/pagefind/pagefind.js").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["built", "first", "full", "second"]
