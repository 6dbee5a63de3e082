"""What can be taken away: tables, syntheses, code that runs them again, references, citation, data package."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.bibliography import bibtex, citation_cff, ris
from reports.figures.export import export
from reports.figures.forest import forest
from reports.model import Synthesis
from reports.pages.edition import Edition
from reports.pages.shell import Page, Site, page
from reports.r_script import r_script
from reports.snapshot import TABLES, table_csv, table_meta
from reports.templating import HERE, render, tidy

FOLDER = "data/"


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


def download_pages(site: Site, edition: Edition) -> list[Page]:
    """Return every file below ``data/`` with the page that lists them."""
    files = _table_files(edition) + _synthesis_files(edition) + _reference_files(site, edition)
    files += _figure_files(site, edition)
    files.append(Page(f"{FOLDER}codebook.csv", codebook()))
    files.append(Page(f"{FOLDER}protocol.json", json_text(edition.snapshot.protocol)))
    files.append(Page(f"{FOLDER}datapackage.json", data_package(site, edition, files)))
    return [*files, _index(site, edition, files)]


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


def data_package(site: Site, edition: Edition, files: Sequence[Page]) -> str:
    """Return the Frictionless data package that describes the tables."""
    texts = {file.path: file.text for file in files}
    resources = []
    for name, row_type in TABLES.items():
        text = texts[f"{FOLDER}tables/{name}.csv"]
        meta = json.loads(table_meta(name, row_type))
        resources.append(
            {
                "name": name.replace("_", "-"),
                "path": f"tables/{name}.csv",
                "profile": "tabular-data-resource",
                "description": meta["description"],
                "bytes": len(text.encode()),
                "hash": f"sha256:{sha256(text)}",
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
            "id": edition.snapshot.manifest.snapshot_id,
            "created": edition.snapshot.manifest.created_at,
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


def json_text(value: object) -> str:
    """Return JSON for people and programs: sorted, indented, no NaN."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def sha256(text: str) -> str:
    """Return the SHA-256 of a text file."""
    return hashlib.sha256(text.encode()).hexdigest()


def _table_files(edition: Edition) -> list[Page]:
    return [
        Page(f"{FOLDER}tables/{name}.csv", table_csv(getattr(edition.snapshot, name), row_type))
        for name, row_type in TABLES.items()
    ]


def _synthesis_files(edition: Edition) -> list[Page]:
    files = []
    for one in edition.snapshot.results:
        files.append(Page(f"{FOLDER}results/{one.synthesis_id}.json", json_text(one.model_dump(mode="json"))))
        if one.k:
            files.append(Page(f"{FOLDER}r/{one.synthesis_id}.R", _script(edition, one)))
    return files


def _script(edition: Edition, synthesis: Synthesis) -> str:
    return r_script(synthesis, words=edition.words(synthesis.synthesis_id), favours=edition.terms.favours[0])


def _figure_files(site: Site, edition: Edition) -> list[Page]:
    """Return each forest plot as a file of its own, for slides and papers."""
    style = (HERE / "static" / "figure.css").read_text(encoding="utf-8").strip()
    mark = "Rehearsal: recorded archive, not the live review. " if edition.snapshot.manifest.rehearsal else ""
    files = []
    for one in edition.snapshot.results:
        title = f"{mark}{edition.words(one.synthesis_id)}, version {edition.version}"
        plot = forest(one, anchor="forest", title=title, terms=edition.terms, bias=edition.bias_of)
        if plot is not None:
            text = tidy(render("svg/standalone.svg", plot=plot, style=Markup(style)))  # noqa: S704
            files.append(Page(f"{FOLDER}figures/{one.synthesis_id}.svg", text))
            files += [
                Page(f"{FOLDER}figures/{one.synthesis_id}.{kind}", "", export(plot, kind))
                for kind in site.figure_formats
            ]
    return files


def _reference_files(site: Site, edition: Edition) -> list[Page]:
    return [
        Page(f"{FOLDER}included-reports.ris", ris(edition.snapshot.reports)),
        Page(f"{FOLDER}citation.bib", bibtex(edition, site_url=site.site_url)),
        Page(f"{FOLDER}CITATION.cff", citation_cff(edition, site_url=site.site_url)),
    ]


def _index(site: Site, edition: Edition, files: Sequence[Page]) -> Page:
    texts = {file.path: file.text for file in files}
    tables = [
        TableFile(
            name,
            f"tables/{name}.csv",
            json.loads(table_meta(name, row_type))["description"],
            len(getattr(edition.snapshot, name)),
            sha256(texts[f"{FOLDER}tables/{name}.csv"]),
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
        syntheses=[_listed(edition, one) for one in edition.snapshot.results],
    )


def _listed(edition: Edition, synthesis: Synthesis) -> SynthesisFiles:
    return SynthesisFiles(synthesis.synthesis_id, edition.words(synthesis.synthesis_id), synthesis.k)
