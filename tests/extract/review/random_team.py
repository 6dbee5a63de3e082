"""A review whose people do random things in random order, and the invariants that hold whatever they do.

The machine works as the pages and the API do: it looks at an item, does what it is offered, and tries what it is not
offered. What must hold is computed anew from the decision log, by rules written a second time here.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from extract.errors import DecisionError
from extract.review.accounts import Member
from extract.review.acts import ACTS
from extract.review.blinding import asker_of
from extract.review.decision_pages import carry_out
from extract.review.desk import Desk, Visit
from extract.review.done import done_notice
from extract.review.fields import BLIND
from extract.review.item_pages import look_at
from extract.review.open_to_nobody import open_to_nobody
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import RecordState
from extract.store.accounts import add_account, close_account, set_password
from extract.store.candidates import OPEN_STATES, get_candidate
from extract.store.curated import Alert, add_alert, curated_values
from extract.store.decisions import LoggedDecision, all_decisions, verify_chain
from extract.store.engine import Store, Transaction
from extract.store.queue import waiting_counts, worklist
from extract.store.records import get_record
from extract.store.work import release_lease
from flows.extraction import enqueue as propose
from flows.extraction import in_record
from flows.surveillance import reopen_values
from tests.extract.review.queue_server import CHEAP, Clock, enqueue
from tests.stores import AT, new_store, protocol

TEAMS = (
    (("reviewer-a", "expert"), ("reviewer-b", "reviewer"), ("adjudicator", "adjudicator")),
    (("reviewer-a", "expert"), ("reviewer-b", "reviewer"), ("reviewer-c", "reviewer"), ("adjudicator", "adjudicator")),
    (("reviewer-a", "reviewer"), ("lead-a", "adjudicator"), ("lead-b", "adjudicator")),
)
"""The protocol's own three people, four, and a team that has to read with its adjudicators."""

PRINTED = {"estimate": "0.72", "ci_low": "0.56", "ci_high": "0.93", "ci_level": "95"}
MISREAD = PRINTED | {"ci_low": "0.57"}

people, choices = st.integers(0, 3), st.integers(0, 3)


class RandomTeam(RuleBasedStateMachine):
    """People, two records with a value each, and a surveillance that re-opens what was approved."""

    pmids = ("100", "101")

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        folder = tempfile.mkdtemp()
        self._open.callback(shutil.rmtree, folder)
        self.store: Store = self._open.enter_context(new_store(Path(folder)))
        self.clock = Clock()
        self.values = enqueue(self.store, *self.pmids)
        self.shown: set[tuple[str, str]] = set()
        self.gone: set[str] = set()
        self.notices = 0

    def teardown(self) -> None:
        with self.store.read() as tx:
            assert verify_chain(tx) == len(all_decisions(tx))
        self._open.close()

    @initialize(team=st.sampled_from(TEAMS), role=st.sampled_from(("expert", None)), begun=st.booleans())
    def appoint(self, team: tuple[tuple[str, str], ...], role: Any, begun: bool) -> None:
        asked = protocol()
        persons = [asked.people[0].model_copy(update={"id": one, "name": one, "role": what}) for one, what in team]
        living = asked.living.model_copy(update={"one_must_be": role})
        self.protocol: Protocol = asked.model_copy(update={"people": tuple(persons), "living": living})
        self.desk = Desk(self.store, self.protocol, self.clock, CHEAP, lambda: None)
        with self.store.write() as tx:
            for person in persons:
                add_account(tx, person.id, role=None, at=AT)
        if begun:
            # Half of the runs begin behind screening, else few would come as far as the table.
            for pmid in self.pmids:
                for number in range(len(persons)):
                    if self.look(self.person(number), f"record:{pmid}")["decidable"]:
                        self.decide(self.person(number), f"record:{pmid}", "vote", {"vote": "include", "design": "rct"})

    # What people do

    @rule(who=people, which=st.integers(0, 5), choice=choices)
    def open_and_decide(self, who: int, which: int, choice: int) -> None:
        """Look at any item; what it offers succeeds, what it does not offer is refused and leaves no trace."""
        person, item = self.person(who), self.item(which)
        if person is None or item is None:
            return
        view = self.look(person, item)
        name, form = self.filled(item, view, choice)
        if view["decidable"]:
            self.decide(person, item, name, {**form, "seen": view["seen"]})
        else:
            self.refused(person, item, name, {**form, "seen": view["seen"]})

    @rule(who=people, choice=choices)
    def take_the_next(self, who: int, choice: int) -> None:
        """Whatever the queue offers to a person can be decided by that person."""
        person = self.person(who)
        if person is None:
            return
        with self.store.read() as tx:
            work = worklist(tx, asker_of(tx, self.protocol, person, at=self.at)).items
        free = [item for item, held in work if not held]
        if free:
            view = self.look(person, free[0])
            assert view["decidable"], f"{person.person_id} was offered {free[0]} and cannot decide it"
            name, form = self.filled(free[0], view, choice)
            self.decide(person, free[0], name, {**form, "seen": view["seen"]})

    @rule(who=people, which=st.integers(0, 5))
    def take_back(self, who: int, which: int) -> None:
        """What a page offers to take back can be taken back, and nothing else."""
        person, item = self.person(who), self.item(which)
        if person is None or item is None:
            return
        with self.store.read() as tx:
            done = done_notice(tx, item, person.person_id)
        held_by_another = not self._look(person, item).lease.mine
        if done is not None and done.undo and not held_by_another:
            self.decide(person, item, "undo", {"seen": done.undo})
        else:
            self.refused(person, item, "undo", {})

    @rule(who=people, which=st.integers(0, 5))
    def only_look(self, who: int, which: int) -> None:
        person, item = self.person(who), self.item(which)
        if person is not None and item is not None:
            self.look(person, item)
            with self.store.write() as tx:
                release_lease(tx, item)

    # What happens to them

    @rule(who=people)
    def lose_the_account(self, who: int) -> None:
        with self.store.write() as tx:
            close_account(tx, self.protocol.people[who % len(self.protocol.people)].id, at=self.at)

    @rule(who=people)
    def come_back(self, who: int) -> None:
        with self.store.write() as tx:
            set_password(tx, self.protocol.people[who % len(self.protocol.people)].id, "x")

    @rule()
    def half_an_hour_passes(self) -> None:
        self.clock.forward(minutes=31)

    @precondition(lambda self: self.notices < 3)
    @rule(which=st.integers(0, 1))
    def a_night_finds_a_notice(self, which: int) -> None:
        """Surveillance finds a retraction or an erratum of a report and re-opens its values."""
        kind = ("RetractionIn", "ErratumIn")[self.notices % 2]
        self.notices += 1
        with self.store.write() as tx:
            alert = Alert(f"pmid-{self.pmids[which]}", kind, f"PMID {900 + self.notices}", "2026-11-23")
            if curated_values(tx, report_id=alert.report_id) and add_alert(tx, alert):
                night = SimpleNamespace(now=lambda: self.at)
                reopen_values(tx, night, alert)  # type: ignore[arg-type]

    @rule(which=st.integers(0, 1), gone=st.booleans())
    def a_revision_drops_the_words_or_brings_them_back(self, which: int, gone: bool) -> None:
        with self.store.write() as tx:
            record, candidate = get_record(tx, self.pmids[which]), get_candidate(tx, self.values[which])
            assert record is not None
            assert candidate is not None
            night: Any = SimpleNamespace(now=lambda: self.at, night=self.clock().date(), protocol=self.protocol)
            if gone and candidate.state in OPEN_STATES:
                propose(tx, night, record, (), covers=in_record)
                self.gone.add(candidate.candidate_id)
            elif not gone and candidate.candidate_id in self.gone:
                propose(tx, night, record, (candidate.effect,), covers=in_record)
                self.gone.discard(candidate.candidate_id)

    # What holds

    @invariant()
    def every_count_is_a_recount_of_the_log(self) -> None:
        with self.store.read() as tx:
            log = all_decisions(tx)
            open_states = []
            for pmid, candidate_id in zip(self.pmids, self.values, strict=True):
                record, candidate = get_record(tx, pmid), get_candidate(tx, candidate_id)
                assert record is not None
                assert candidate is not None
                assert record.state.value == self.recounted_record(log, pmid)
                recounted = self.recounted_value(log, candidate_id)
                assert candidate.state == ("superseded" if candidate_id in self.gone else recounted)
                open_states += [record.state.value] if record.state not in SETTLED else []
                if record.state is RecordState.INCLUDED and candidate.state in OPEN_STATES:
                    open_states.append(candidate.state)
            open_states += [v.state for v in self.curated(tx) if v.state == "reopened"]
            counts = waiting_counts(tx, asker_of(tx, self.protocol, self.anyone, at=self.at))
        assert counts["all"] == len(open_states)
        assert {state: counts[state] for state in set(open_states)} == {
            state: open_states.count(state) for state in set(open_states)
        }

    @invariant()
    def nobody_decides_twice_on_one_reading(self) -> None:
        with self.store.read() as tx:
            log = all_decisions(tx)
        standing: dict[tuple[str, str], set[str]] = {}
        for decision in (one.decision for one in log):
            if decision.subject_kind not in ("record", "candidate", "value") or decision.details.get("candidate"):
                continue
            on = standing.setdefault((decision.subject_kind, decision.subject_id), set())
            if decision.action == "reopen":
                on.clear()
            elif decision.action == "undo":
                assert decision.by in on, f"{decision.by} took back what was not there"
                on.discard(decision.by)
            else:
                assert decision.by not in on, f"{decision.by} decided twice on {decision.subject_id}"
                on.add(decision.by)

    @invariant()
    def a_reading_that_says_blind_was_blind(self) -> None:
        with self.store.read() as tx:
            log = all_decisions(tx)
        for one in log[self._checked :]:
            decision = one.decision
            if decision.details.get("blind"):
                assert (decision.by, f"value:{decision.subject_id}") not in self.shown, "had seen what was proposed"
        self._checked = len(log)

    _checked = 0

    @invariant()
    def an_approved_value_has_two_readers_who_agree_or_an_adjudicator(self) -> None:
        roles = {person.id: person.role for person in self.protocol.people}
        with self.store.read() as tx:
            for value in self.curated(tx):
                by = value.approved_by
                assert len(set(by)) == len(by)
                assert len(by) >= 2 or roles[by[0]] == "adjudicator"
                asked = self.protocol.living.one_must_be
                assert asked is None or any(roles[one] in (asked, "adjudicator") for one in by)

    @invariant()
    def whatever_waits_can_be_decided_by_somebody_or_the_inbox_says_why_not(self) -> None:
        with self.store.read() as tx:
            waiting = set(self.waiting(tx))
            for person in self.active(tx):
                waiting -= {item for item, _ in worklist(tx, asker_of(tx, self.protocol, person, at=self.at)).items}
            told = {one.item for one in open_to_nobody(tx, self.protocol)}
        assert waiting == told

    # How

    @property
    def at(self) -> str:
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def anyone(self) -> Member:
        return self.members()[0]

    def members(self) -> list[Member]:
        return [Member(one.id, one.name, one.role, decides=True) for one in self.protocol.people]

    def active(self, tx: Transaction) -> list[Member]:
        from extract.store.accounts import closed_accounts

        return [member for member in self.members() if member.person_id not in closed_accounts(tx)]

    def person(self, who: int) -> Member | None:
        with self.store.read() as tx:
            active = self.active(tx)
        return active[who % len(active)] if active else None

    def item(self, which: int) -> str | None:
        with self.store.read() as tx:
            reopened = [f"reopened:{value.value_id}" for value in self.curated(tx)]
        items = [*(f"record:{pmid}" for pmid in self.pmids), *(f"value:{one}" for one in self.values), *reopened]
        return items[which] if which < len(items) else None

    def curated(self, tx: Transaction) -> list[Any]:
        return [value for pmid in self.pmids for value in curated_values(tx, report_id=f"pmid-{pmid}")]

    def waiting(self, tx: Transaction) -> list[str]:
        from extract.review.views import queue_items

        return [one.item for one in queue_items(tx)]

    def visit(self, person: Member, item: str, form: dict[str, str]) -> Visit:
        self.clock.forward(seconds=1)
        request: Any = SimpleNamespace(path_params={"item": item})
        return Visit(request, person, form, "", False, self.clock())

    def _look(self, person: Member, item: str) -> Any:
        look = look_at(self.desk, self.visit(person, item, {}), item)
        view = look.values
        if item.startswith("value:") and not view["blind"] and view["proposed"]["estimate"]:
            self.shown.add((person.person_id, item))
        return look

    def look(self, person: Member | None, item: str) -> dict[str, Any]:
        assert person is not None
        values: dict[str, Any] = self._look(person, item).values
        return values

    def decide(self, person: Member | None, item: str, name: str, form: dict[str, str]) -> None:
        assert person is not None
        if name == "vote" and "seen" not in form:
            form["seen"] = self.look(person, item)["seen"]
        before = self.logged()
        carry_out(self.desk, self.visit(person, item, form), item, ACTS[name])
        assert self.logged() > before

    def refused(self, person: Member, item: str, name: str, form: dict[str, str]) -> None:
        before = self.logged()
        try:
            carry_out(self.desk, self.visit(person, item, form), item, ACTS[name])
        except DecisionError:
            assert self.logged() == before, "a refusal left a trace"
            return
        raise AssertionError(f"{person.person_id} was not offered to {name} {item}, and could")

    def logged(self) -> int:
        with self.store.read() as tx:
            return len(all_decisions(tx))

    def filled(self, item: str, view: dict[str, Any], choice: int) -> tuple[str, dict[str, str]]:
        """Fill in a form of an item in one of a few ways."""
        kind = item.partition(":")[0]
        if kind == "record":
            votes = ("include", "exclude:no-comparison", "maybe", "include")
            vote = votes[choice] if view["state"] != "conflict" or choice != 2 else "include"
            return "vote", {"vote": vote, "design": ("rct", "retrospective_cohort")[choice // 3]}
        if kind == "reopened":
            name = ("confirm", "withdraw", "correct", "correct")[choice]
            return name, {"reason": "as the notice says", "ci_low": ("0.55", "0.54")[choice - 2]} if choice > 1 else {
                "reason": "as the notice says"
            }
        if choice == 1:
            return "reject", {"rejection": "not our comparison"}
        if view["state"] == "conflict":
            if not any(d.action == "approve" for d in view["decisions"]):
                return "reject", {"rejection": "as they say"}
            picks = {f"pick-{one.name}": f"={one.texts[0]}" for one in view["differences"]}
            return "settle", {**picks, "reason": "the table says so"}
        if view["blind"]:
            read = MISREAD if choice == 2 else PRINTED
            return "approve", {**dict.fromkeys(BLIND, ""), **read, "blind": "yes"}
        changed = {"n_surgery": "150", "reason": "first sentence"} if choice == 3 else {}
        return "approve", changed | ({"ci_low": "0.57", "reason": "as I read it"} if choice == 2 else {})

    # The rules of the states, written a second time

    def recounted_record(self, log: tuple[LoggedDecision, ...], pmid: str) -> str:
        votes: dict[str, Any] = {}
        settled_by = ""
        for decision in (one.decision for one in log if one.decision.subject_kind == "record"):
            if decision.subject_id != pmid:
                continue
            if decision.action == "undo":
                votes.pop(decision.by)
                settled_by = "" if settled_by == decision.by else settled_by
            elif decision.action == "vote":
                differed = self.record_state(votes) == "conflict"
                votes[decision.by] = decision
                settled_by = decision.by if differed else settled_by
        return self.record_state(
            {settled_by: votes[settled_by]} if settled_by else votes, needed=1 if settled_by else 2
        )

    def record_state(self, votes: dict[str, Any], *, needed: int = 2) -> str:
        if len(votes) < needed:
            return "screening" if votes else "new"
        kinds = {vote.new for vote in votes.values()}
        designs = {vote.details["study"]["design"] for vote in votes.values() if vote.new == "include"}
        if len(kinds) > 1 or "maybe" in kinds or len(designs) > 1:
            return "conflict"
        return "included" if kinds == {"include"} else "excluded"

    def recounted_value(self, log: tuple[LoggedDecision, ...], candidate_id: str) -> str:
        read: dict[str, Any] = {}
        settled_by = ""
        for decision in (one.decision for one in log if one.decision.subject_kind == "candidate"):
            if decision.subject_id != candidate_id:
                continue
            if decision.action == "undo":
                read.pop(decision.by)
                settled_by = "" if settled_by == decision.by else settled_by
            else:
                differed = self.value_state(read) == "conflict"
                read[decision.by] = decision
                settled_by = decision.by if differed else settled_by
        return self.value_state({settled_by: read[settled_by]} if settled_by else read, needed=1 if settled_by else 2)

    def value_state(self, read: dict[str, Any], *, needed: int = 2) -> str:
        if not read:
            return "proposed"
        if len({(d.action, str(d.details.get("value"))) for d in read.values()}) > 1:
            return "conflict"
        roles = {person.id: person.role for person in self.protocol.people}
        asked = self.protocol.living.one_must_be
        held = asked is None or any(roles[by] in (asked, "adjudicator") for by in read)
        if len(read) < needed or not held:
            return "needs_second"
        return "approved" if next(iter(read.values())).action == "approve" else "rejected"


SETTLED = (RecordState.INCLUDED, RecordState.EXCLUDED)
