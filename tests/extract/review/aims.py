"""What makes a request of the API succeed: items that are really before a person, with their marks, and full forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from requests import Response

from extract.review.approval import approve_value
from extract.review.inbox import SUBJECTS
from extract.review.screening import include_record
from extract.review.tokens import make_token
from extract.store.curated import TrialFamily, curated_values, put_family, put_value
from extract.store.decisions import all_decisions
from extract.store.links import LinkEvidence, propose_link
from tests.extract.review.api_client import Program, token_for
from tests.extract.review.judging import add_report, cohort_form, put_result, trial_form, value_of
from tests.extract.review.queue_server import PROTOCOL, Queue, enqueue, make_account

READ = {"estimate": "0.72", "ci_low": "0.56", "ci_high": "0.93", "ci_level": "95"}
TEAM = ("reviewer-a", "reviewer-b", "adjudicator")
WAITING = 6
"""Records without and with an included value that always wait, so that nobody runs out of work."""


@dataclass(frozen=True)
class Aimed:
    """Path parameters and body of a request that should succeed; None for a request without a body."""

    path: dict[str, str]
    body: dict[str, Any] | None = None


class Worker(Program):
    """A person's program that remembers what it decided."""

    def __init__(self, queue: Queue, token: str) -> None:
        super().__init__(queue, token)
        self.queue = queue
        self.decided: list[str] = []
        self.rejected_links: list[str] = []
        self.judged: list[str] = []
        self.added = 0

    def lines(self, path: str) -> list[Any]:
        """Return the lines a list shows."""
        found: Any = self.show(path)
        return list(found["lines"] if isinstance(found, dict) else found)

    def remember(self, endpoint: str, item: str) -> None:
        """Note what was decided, so that it can be taken back."""
        action, name = endpoint.rpartition("/")[2], item.partition(":")[2]
        if action == "judge":
            self.judged.append(f"{endpoint.split('/')[1]}/{item}")
        elif item.startswith("link:") and action == "reject":
            self.rejected_links.append(name)
        elif action != "undo":
            self.decided.append(item)


class People:
    """The team at work, an administrator, and a store that is filled up as they empty it."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        make_account(queue, "guest")
        self.tokens = {person: token_for(queue, person, "read", "decide", days=300) for person in TEAM}
        self.tokens["admin"] = token_for(queue, "admin", "read", "administer", days=300)
        self._programs = {person: Worker(queue, token) for person, token in self.tokens.items()}
        self._next = 1000
        self._values: dict[str, list[str]] = {}
        self.prepared: set[int] = set()
        for study in ("Trial-A", "Trial-B", "Trial-C"):
            put_result(queue.store, study_id=study)
            with queue.store.write() as tx:
                add_report(tx_store=tx, study_id=study, report_id=f"{study}-2024")
        put_result(queue.store, design="retrospective_cohort", study_id="Cohort-A")
        with self._preparing():
            self._disagree()
            self._reopen()

    def who(self, scope: str, drawn: int) -> str:
        """Return who asks."""
        return "admin" if scope == "administer" else TEAM[drawn % len(TEAM)]

    def aim(self, endpoint: str, scope: str, drawn: int) -> tuple[str, Aimed | None]:
        """Return who can make a request that succeeds, and what it needs; None where nobody can."""
        people = [self.who(scope, drawn + turn) for turn in range(len(TEAM))]
        for person in dict.fromkeys(people):
            aimed = AIMS[endpoint](self.program(person), drawn)
            if aimed is not None:
                return person, aimed
        return people[0], None

    def program(self, person: str) -> Worker:
        """Return a program that looks at things for a person."""
        return self._programs[person]

    def name(self, parameter: str, drawn: int) -> str:
        """Return a name that may exist, for a request that is not aimed."""
        names = {"item": f"record:{1000 + drawn % 40}", "person": "guest", "value_id": "trial-a-2020--os--all--all--1"}
        return names.get(parameter, f"{drawn:012}")

    def refill(self) -> None:
        """Put new records, values, links, groups, accounts and tokens before people."""
        store = self.queue.store
        lead = self._programs["adjudicator"].lines("/items?show=all&limit=200")
        if sum(line["state"] == "new" for line in lead) < WAITING:
            enqueue(store, *self._pmids())
        if sum(line["state"] == "proposed" for line in lead) < WAITING:
            with self._preparing():
                for pmid in self._pmids():
                    self._included(pmid)
        with store.write() as tx:
            study, evidence = f"study-{self._next}", (LinkEvidence("registry_id", 0.9, "NCT1", "NCT1", "abstract"),)
            self._next += 1
            put_family(tx, TrialFamily(study, "rct", None, "baseline", {"label": study}))
            for kind, subject in (("report", f"{self._next - 2}"), ("overlap", "Cohort-A")):
                propose_link(tx, kind, subject, study, score=0.5, evidence=evidence, night="2026-11-20")  # type: ignore[arg-type]

    @contextmanager
    def _preparing(self) -> Iterator[None]:
        """Note which decisions nobody was told of, because they prepare the ground."""
        before = self._logged()
        yield
        self.prepared |= set(range(before + 1, self._logged() + 1))

    def _logged(self) -> int:
        with self.queue.store.read() as tx:
            return len(all_decisions(tx))

    def _disagree(self) -> None:
        """Let the readers of some values differ."""
        store, how = self.queue.store, {"at": _at(self.queue), "reason": "as printed"}
        for pmid in (included := self._pmids()):
            self._included(pmid)
        for (candidate,) in (self._values[pmid] for pmid in included):
            for by, low in (("reviewer-a", "0.56"), ("reviewer-b", "0.57")):
                approve_value(store, PROTOCOL, candidate, by=by, changes={"ci_low": low}, **how)  # type: ignore[arg-type]

    def _reopen(self) -> None:
        """Re-open some approved values."""
        for number in range(2 * WAITING):
            with self.queue.store.write() as tx:
                add_report(tx_store=tx, study_id="Trial-A", report_id=f"Trial-A-{number}")
                put_value(tx, replace(value_of(f"Trial-A-{number}"), state="reopened"))

    def _included(self, pmid: str) -> None:
        """Put an included record with a proposed value before people."""
        self._values[pmid] = enqueue(self.queue.store, pmid)
        for by in TEAM[:2]:
            study = {"design": "rct"}
            include_record(self.queue.store, PROTOCOL, pmid, by=by, at=_at(self.queue), study=study, reason=None)

    def _pmids(self) -> list[str]:
        self._next += WAITING
        return [str(number) for number in range(self._next - WAITING, self._next)]


def _at(queue: Queue) -> str:
    return queue.clock().strftime("%Y-%m-%dT%H:%M:%SZ")


Aim = Callable[[Worker, int], Aimed | None]


def _one(found: Sequence[Any], drawn: int) -> Any:
    return found[drawn % len(found)] if found else None


def _item(program: Worker, drawn: int, *, kind: str, states: Sequence[str]) -> dict[str, Any] | None:
    """Open an item that waits for the person and that nobody else has open."""
    lines = program.lines(f"/items?show=mine&kind={kind}&limit=200")
    line = _one([one for one in lines if one["state"] in states and one["holder"] is None], drawn)
    shown = program.show(f"/items/{line['item']}") if line else None
    return shown if shown and shown["decidable"] else None


def _vote(program: Worker, drawn: int) -> Aimed | None:
    shown = _item(program, drawn, kind="record", states=("new", "screening", "conflict"))
    if shown is None:
        return None
    vote = ("include", "exclude", "include", "maybe")[drawn % 4] if shown["state"] != "conflict" else "exclude"
    study = {"design": "retrospective_cohort"} if vote == "include" else {}
    code = "no-comparison" if vote == "exclude" else None
    return _about(shown, {"vote": vote, "study": study, "reason_code": code})


def _approve(program: Worker, drawn: int) -> Aimed | None:
    shown = _item(program, drawn, kind="value", states=("proposed", "needs_second"))
    if shown is None:
        return None
    read = {**READ, "ci_low": "0.57"} if drawn % 3 == 0 else READ
    return _about(shown, {"values": read, "reason": "as printed", "clear_checks": True})


def _settle(program: Worker, drawn: int) -> Aimed | None:
    shown = _item(program, drawn, kind="value", states=("conflict",))
    if shown is None or not shown["value"]["differences"]:
        return None
    picks = {one["name"]: one["read"][drawn % len(one["read"])]["text"] for one in shown["value"]["differences"]}
    return _about(shown, {"values": picks, "reason": "the table says so", "clear_checks": True})


def _reject(program: Worker, drawn: int) -> Aimed | None:
    shown = _item(program, drawn, kind="value", states=("proposed", "needs_second", "conflict"))
    return _about(shown, {"reason": "not our comparison"}) if shown else None


def _after_notice(values: dict[str, str] | None) -> Aim:
    def aim(program: Worker, drawn: int) -> Aimed | None:
        shown = _item(program, drawn, kind="reopened", states=("reopened",))
        body: dict[str, Any] = {"reason": "as the notice says"}
        if values is not None:
            body |= {"values": values, "clear_checks": True}
        return _about(shown, body) if shown else None

    return aim


def _reopen(program: Worker, drawn: int) -> Aimed | None:
    with program.queue.store.read() as tx:
        value = _one([one for one in curated_values(tx) if one.state == "approved"], drawn)
    return Aimed({"value_id": value.value_id}, {"reason": "a doubt"}) if value else None


def _undo(program: Worker, _drawn: int) -> Aimed | None:
    """Find something the person decided and can take back, newest first."""
    decided = [item for item in program.decided if item.partition(":")[0] in SUBJECTS]
    for item in reversed(decided[-12:]):
        shown = program.show(f"/items/{item}")
        if "undo" in shown["actions"] and shown["lease"]["mine"]:
            return _about(shown, {})
    return None


def _leave(program: Worker, drawn: int) -> Aimed | None:
    shown = _item(program, drawn, kind="value", states=("proposed",))
    return Aimed({"item": shown["item"]}) if shown else None


def _about(shown: dict[str, Any], body: dict[str, Any]) -> Aimed:
    return Aimed({"item": shown["item"]}, {**body, "seen": shown["seen"]})


def _link(decided: bool) -> Aim:
    def aim(program: Worker, drawn: int) -> Aimed | None:
        line = _one(program.lines("/links"), drawn)
        body = {"reason": "same registry id", "seen": line["seen"]} if line else {}
        return Aimed({"proposal": line["proposal"]}, body) if line else None

    def again(program: Worker, _drawn: int) -> Aimed | None:
        link = program.rejected_links.pop() if program.rejected_links else None
        return Aimed({"proposal": link}) if link else None

    return again if decided else aim


def _group(program: Worker, drawn: int) -> Aimed | None:
    studies = [one["study_id"] for one in program.lines("/studies") if not one["overlap_group"]]
    pair = (_one(studies, drawn), _one(studies, drawn + 1))
    return Aimed({"study": pair[0]}, {"beside": f"study:{pair[1]}", "reason": "same years"}) if studies else None


def _split_study(program: Worker, drawn: int) -> Aimed | None:
    study = _one([one for one in program.lines("/studies") if one["overlap_group"]], drawn)
    return Aimed({"study": study["study_id"]}, {"reason": "other years"}) if study else None


def _split_report(program: Worker, drawn: int) -> Aimed | None:
    several = [one for one in program.lines("/studies") if len(one["reports"]) > 1]
    study = _one(several, drawn)
    return Aimed({"report": study["reports"][0]}, {"reason": "another trial"}) if study else None


def _judgement(kind: str) -> Callable[[Worker, int], tuple[str, dict[str, Any]] | None]:
    def find(program: Worker, drawn: int) -> tuple[str, dict[str, Any]] | None:
        lines = [one for one in program.lines("/appraisal") if one["item"].startswith(kind) and one["mine"]]
        line = _one(lines, drawn)
        return (line["item"].partition("/")[2], program.show(f"/{line['item']}")) if line else None

    return find


def _judge(program: Worker, drawn: int) -> Aimed | None:
    found = _judgement("bias")(program, drawn)
    if found is None:
        return None
    item, shown = found
    form = trial_form() if shown["tool"] == "rob2" else cohort_form(dealt_with="NY"[drawn % 2])
    if drawn % 3 == 0 and shown["tool"] == "rob2":
        form |= {"level-D1": "some_concerns", "why-D1": "not convinced"}
    return Aimed({"item": item}, {"form": form, "seen": shown["seen"]})


def _rate(program: Worker, drawn: int) -> Aimed | None:
    found = _judgement("certainty")(program, drawn)
    if found is None:
        return None
    item, shown = found
    rating = {"level": shown["proposed"], "reason": "as the rules", "steps": {}, "seen": shown["seen"]}
    return Aimed({"item": item}, rating)


def _unjudge(kind: str) -> Aim:
    def aim(program: Worker, _drawn: int) -> Aimed | None:
        path = next((one for one in reversed(program.judged) if one.startswith(kind)), None)
        if path is None:
            return None
        program.judged.remove(path)
        return Aimed({"item": path.partition("/")[2]}, {"seen": program.show(f"/{path}")["seen"]})

    return aim


def _add_person(program: Worker, _drawn: int) -> Aimed:
    program.added += 1
    return Aimed({}, {"person": f"viewer-{program.added}", "role": "viewer"})


def _person(_program: Worker, _drawn: int) -> Aimed:
    return Aimed({"person": "guest"})


def _token(program: Worker, _drawn: int) -> Aimed:
    queue, person = program.queue, program.show("/me")["person"]
    make_token(queue.store, PROTOCOL, person, name="to go", scopes=("read",), now=queue.clock(), days=9)
    token = next(one for one in program.lines("/me/tokens") if one["name"] == "to go")
    return Aimed({"token_id": token["token_id"]})


AIMS: dict[str, Aim] = {
    "POST /items/{item}/vote": _vote,
    "POST /items/{item}/approve": _approve,
    "POST /items/{item}/settle": _settle,
    "POST /items/{item}/reject": _reject,
    "POST /items/{item}/confirm": _after_notice(None),
    "POST /items/{item}/correct": _after_notice({"ci_low": "0.55"}),
    "POST /items/{item}/withdraw": _after_notice(None),
    "POST /items/{item}/undo": _undo,
    "DELETE /items/{item}/lease": _leave,
    "POST /values/{value_id}/reopen": _reopen,
    "POST /links/{proposal}/confirm": _link(decided=False),
    "POST /links/{proposal}/reject": _link(decided=False),
    "POST /links/{proposal}/undo": _link(decided=True),
    "POST /studies/{study}/group": _group,
    "POST /studies/{study}/split": _split_study,
    "POST /reports/{report}/split": _split_report,
    "POST /bias/{item}/judge": _judge,
    "POST /bias/{item}/undo": _unjudge("bias"),
    "POST /certainty/{item}/judge": _rate,
    "POST /certainty/{item}/undo": _unjudge("certainty"),
    "POST /people": _add_person,
    "POST /people/{person}/link": _person,
    "POST /people/{person}/disable": _person,
    "DELETE /me/tokens/{token_id}": _token,
}
"""Every writing endpoint; a test compares it with the document."""


def told_of(name: str, answer: Response) -> tuple[str, str, str] | None:
    """Return the decision an answer tells of: action, kind and subject as the log has them."""
    content, action = answer.json(), name.rpartition("/")[2]
    if not isinstance(content, dict) or "item" not in content or action in ("group", "split", "lease"):
        return None
    item = content["item"]
    if name.startswith(("POST /bias", "POST /certainty")):
        return action, "bias" if name.startswith("POST /bias") else "synthesis", item
    kind, _, subject = item.partition(":")
    if kind == "link":
        return {"confirm": "link"}.get(action, action), "link", subject
    return {"settle": "approve"}.get(action, action), SUBJECTS[kind], subject
