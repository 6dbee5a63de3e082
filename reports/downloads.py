"""What can be taken away: tables, syntheses, code that runs them again, references, citation, data package."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from reports.bibliography import bibtex, citation_cff, ris
from reports.figures.files import Figure, figure_files
from reports.figures.flow_chart import flow_chart
from reports.figures.forest import cumulative, forest, leave_one_out
from reports.figures.scatter import baujat, funnel
from reports.model import Synthesis
from reports.pages.edition import Edition
from reports.pages.shell import Page, Site, page
from reports.pages.site_pages import calendar_of, flow_words, map_of
from reports.r_script import r_script
from reports.snapshot import TABLES, json_text, table_meta

FOLDER = "data/"
FIGURES = (("evidence-map", "Evidence map"), ("flow", "PRISMA flow diagram"), ("nights", "Nights of the search log"))


@dataclass(frozen=True)
class TableFile:
    """A table as published."""

    name: str
    path: str
    description: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class SynthesisFiles:
    """A synthesis in the list of downloads."""

    id: str
    words: str
    k: int


def data_files(site: Site, edition: Edition) -> list[Page]:
    """Return the tables with what describes them, the references, and the page that lists all files."""
    return [
        *(Page(f"{FOLDER}tables/{name}.csv", table.text) for name, table in edition.tables.items()),
        Page(f"{FOLDER}included-reports.ris", ris(edition.snapshot.reports)),
        Page(f"{FOLDER}citation.bib", bibtex(edition, site_url=site.site_url)),
        Page(f"{FOLDER}CITATION.cff", citation_cff(edition, site_url=site.site_url)),
        Page(f"{FOLDER}codebook.csv", codebook()),
        Page(f"{FOLDER}protocol.json", edition.protocol_text),
        Page(f"{FOLDER}datapackage.json", data_package(site, edition)),
        _index(site, edition),
    ]


def synthesis_files(site: Site, edition: Edition, synthesis_id: str) -> list[Page]:
    """Return what can be taken away of one synthesis: inputs and results, code to run it again, its plot."""
    one = edition.results[synthesis_id]
    files = [Page(f"{FOLDER}results/{synthesis_id}.json", json_text(one.model_dump(mode="json")))]
    if one.k:
        files.append(Page(f"{FOLDER}r/{synthesis_id}.R", _script(edition, one)))
    return files + _figure_files(site, edition, one)


def codebook() -> str:
    """Return every column of every table with type, unit and description."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "column", "type", "required", "unit", "description"])
    for name, row_type in TABLES.items():
        for column in json.loads(table_meta(name, row_type))["columns"]:
            writer.writerow(
                [name, column["name"], column["type"], column["required"], column["unit"] or "", column["description"]]
            )
    return out.getvalue()


def data_package(site: Site, edition: Edition) -> str:
    """Return the Frictionless data package that describes the tables."""
    resources = []
    for name, row_type in TABLES.items():
        table = edition.tables[name]
        meta = json.loads(table_meta(name, row_type))
        resources.append(
            {
                "name": name.replace("_", "-"),
                "path": f"tables/{name}.csv",
                "profile": "tabular-data-resource",
                "description": meta["description"],
                "bytes": len(table.text.encode()),
                "hash": f"sha256:{table.sha256}",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {"fields": [_field(column) for column in meta["columns"]], "missingValues": [""]},
            }
        )
    return json_text(
        {
            "profile": "tabular-data-package",
            "name": "living-review",
            "title": edition.short_title,
            "version": edition.version,
            "id": edition.snapshot_id,
            "created": edition.published_at,
            "homepage": f"{site.site_url}/",
            "resources": resources,
        }
    )


def _field(column: dict[str, Any]) -> dict[str, Any]:
    kinds = {"int": "integer", "float": "number", "bool": "boolean"}
    kind = next((word for key, word in kinds.items() if column["type"].startswith(key)), "string")
    field = {"name": column["name"], "type": kind, "description": column["description"]}
    if kind == "boolean":
        field |= {"trueValues": ["True"], "falseValues": ["False"]}
    if column["required"]:
        field["constraints"] = {"required": True}
    if column["unit"]:
        field["unit"] = column["unit"]
    return field


def _script(edition: Edition, synthesis: Synthesis) -> str:
    return r_script(synthesis, words=edition.words(synthesis.synthesis_id), favours=edition.terms.favours[0])


def _figure_files(site: Site, edition: Edition, one: Synthesis) -> list[Page]:
    """Return the figures of a synthesis as files of their own."""
    version = f", version {edition.version}"
    words = f"{_mark(edition)}{edition.words(one.synthesis_id)}"
    terms = edition.terms
    plots = {
        "": forest(one, anchor="forest", title=f"{words}{version}", terms=terms, bias=edition.bias_of),
        "-cumulative": cumulative(one, anchor="c", title=f"How the answer moved: {words}{version}", terms=terms),
        "-leave-one-out": leave_one_out(one, anchor="l", title=f"Leave-one-out: {words}{version}", terms=terms),
        "-funnel": funnel(one, anchor="f", title=f"Funnel plot: {words}{version}", short=terms.short, none=terms.none),
        "-baujat": baujat(one, anchor="b", title=f"Baujat plot: {words}{version}"),
    }
    return [
        Page(*file)
        for name, plot in plots.items()
        if plot is not None
        for file in figure_files(f"{one.synthesis_id}{name}", plot, version=version, formats=site.figure_formats)
    ]


def _mark(edition: Edition) -> str:
    return "Rehearsal: recorded archive, not the live review. " if edition.rehearsal else ""


def review_figures(site: Site, edition: Edition) -> list[Page]:
    """Return the figures of the whole review as files: evidence map, flow of the records, nights of the log."""
    version = f", version {edition.version}"
    flow = edition.snapshot.flow
    found: dict[str, tuple[Figure | None, str]] = {
        "evidence-map": (map_of(edition, title=f"{_mark(edition)}Evidence map{version}"), ""),
        "flow": (flow_chart(flow, name="wide", width=720, main=400, chars=44), flow_words(flow)),
        "nights": (calendar_of(edition), ""),
    }
    return [
        Page(*file)
        for name, (plot, finding) in found.items()
        if plot is not None
        for file in figure_files(name, plot, version=version, formats=site.figure_formats, finding=finding)
    ]


def _index(site: Site, edition: Edition) -> Page:
    tables = [
        TableFile(
            name,
            f"tables/{name}.csv",
            json.loads(table_meta(name, row_type))["description"],
            edition.tables[name].rows,
            edition.tables[name].sha256,
        )
        for name, row_type in TABLES.items()
    ]
    return page(
        "data.html",
        site=site,
        edition=edition,
        folder=FOLDER,
        title=f"Data. {edition.short_title}: a living systematic review, version {edition.version}",
        description="Every table, every synthesis with its exact inputs, and code to run it again.",
        nav="data",
        scripted=True,
        heading="Data.",
        tables=tables,
        formats=("svg", *site.figure_formats),
        figures=FIGURES if edition.snapshot.searches else FIGURES[:-1],
        syntheses=[SynthesisFiles(*listed) for listed in edition.listed_results],
    )
