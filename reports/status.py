"""The status strip: how current the review is, computed from the log, never typed.

It is the one thing beside a snapshot that the site shows, because a quiet or failed night changes the status and
nothing else. Each page carries it between two comments, so that it can be rewritten without the snapshot.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from reports.errors import PublishError
from reports.linked_tree import FROZEN, VERSION_FOLDER, link_tree
from reports.links import root_of
from reports.publish import oldest, published_error, staging_folder, swap
from reports.templating import render, tidy

LivingStatus = Literal["active", "overdue", "suspended", "retired"]


class Wait(BaseModel):
    """How long something took: the median in days over ``n`` records or values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    median_days: float
    n: int


class Status(BaseModel):
    """State of the living review after a night.

    Parameters
    ----------
    living_status
        ``overdue`` when the last complete search is older than the protocol allows.
    searched_through
        Last day up to which a search was complete (ISO date), None if never.
    last_search_state, last_search_message
        Outcome of the latest attempt: ``complete``, ``incomplete`` or ``failed``. Failed is not "nothing found".
    pending, pending_since
        Records and values waiting for people, and the day the oldest began to wait.
    integrated_through
        Last day whose evidence is in the syntheses: everything found up to then has been decided.
    published_at
        When the snapshot shown was published.
    next_search_due
        Next scheduled night (ISO).
    nights_run, nights_missed, nights_failed
        Counts over the last 90 days.
    to_queue, to_decision, to_publication
        Days from PubMed's entry of a record to our queue, from there to a decision, and from a complete approval to
        the published result; of what entered PubMed since the review's first night. None while there is nothing.
    rehearsal
        True when the night ran against a recorded archive.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    living_status: LivingStatus
    searched_through: str | None
    last_search_state: Literal["complete", "incomplete", "failed", "never"]
    last_search_at: str | None
    last_search_message: str | None
    pending_records: int
    pending_values: int
    pending_since: str | None
    integrated_through: str | None
    published_at: str | None
    next_search_due: str | None
    nights_run: int
    nights_missed: int
    nights_failed: int
    to_queue: Wait | None = None
    to_decision: Wait | None = None
    to_publication: Wait | None = None
    rehearsal: bool


STRIP = ("<!-- status:begin -->", "<!-- status:end -->")
DETAILS = ("<!-- status-details:begin -->", "<!-- status-details:end -->")
SITE_FILE = "site.json"
STATUS_FILE = "status.json"


def status_regions(status: Status, *, root: str) -> dict[tuple[str, str], str]:
    """Return the HTML of each status region of a page, by its pair of marks.

    Parameters
    ----------
    root
        The way from the page's folder to the root of the site (``"../../"``): links inside are relative to it.
    """
    return {
        STRIP: "\n" + tidy(render("strip.html", status=status, root=root)),
        DETAILS: "\n" + tidy(render("status_details.html", status=status, root=root)),
    }


def status_json(status: Status) -> str:
    """Return the status for programs: the same facts as the strip."""
    return json.dumps(status.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def rewrite_status(site_dir: Path, status: Status) -> int:
    """Publish a new status on an unchanged site: after a quiet or a failed night.

    A whole new tree is made beside the old one (unchanged files are hard links) and swapped in atomically. Frozen
    versions of reports carry no status and stay as they are.

    Parameters
    ----------
    site_dir
        The published site (the link that :func:`reports.publish.swap` made).
    status
        The new status; its rehearsal mark is joined with that of the published snapshot.

    Returns
    -------
    int
        Files rewritten; 0 when the status is the one already shown, and then nothing was swapped.

    Raises
    ------
    PublishError
        There is no site to rewrite, or the disk refused; the published site was not touched.
    """
    about = site_dir / SITE_FILE
    with published_error(site_dir):
        if not about.is_file():
            raise PublishError(f"{site_dir}: no published site here (no {SITE_FILE}); publish one first")
        rehearsal = status.rehearsal or bool(json.loads(about.read_text(encoding="utf-8"))["rehearsal"])
        shown = status.model_copy(update={"rehearsal": rehearsal})
        current = site_dir.resolve()
        changed = _rewritten(current, shown)
        if not changed:
            return 0
        staged = staging_folder(site_dir)
        link_tree(current, staged, changed, spare=oldest(site_dir))
        swap(staged, site_dir)
    return len(changed)


def _rewritten(site: Path, status: Status) -> dict[str, str]:
    """Return the new text of each file whose status differs, by its path in the site."""
    changed: dict[str, str] = {}
    for name in _living_pages(site):
        text = (site / name).read_text(encoding="utf-8")
        new = _with_status(text, status, page_path=name.rpartition("/")[0] + "/" if "/" in name else "")
        if new != text:
            changed[name] = new
    if (site / STATUS_FILE).read_text(encoding="utf-8") != status_json(status):
        changed[STATUS_FILE] = status_json(status)
    return changed


def _living_pages(site: Path) -> list[str]:
    """Return the pages that may carry a status: all but the frozen ones, which grow with every version."""
    found = []
    for folder, folders, names in os.walk(site):
        if os.path.basename(folder) == FROZEN:
            folders[:] = [name for name in folders if not VERSION_FOLDER.fullmatch(name)]
        within = Path(folder).relative_to(site)
        found += [(within / name).as_posix() for name in names if name.endswith(".html")]
    return sorted(found)


def _with_status(text: str, status: Status, *, page_path: str) -> str:
    for (begin, end), html in status_regions(status, root=root_of(page_path)).items():
        region = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        text = region.sub(lambda _, html=html, begin=begin, end=end: f"{begin}{html}{end}", text)  # type: ignore[misc]
    return text
