"""Trials of registries as last seen, and every change of what a registry says about one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from extract.store.engine import Transaction
from extract.store.tables import registry_changes, registry_trials


@dataclass(frozen=True)
class StoredTrial:
    """A trial as its registry described it last; ``facts`` are the fields of a registry's trial as plain JSON."""

    registry_id: str
    facts: dict[str, Any]
    first_night: str
    changed_night: str


@dataclass(frozen=True)
class TrialChange:
    """One field of a trial that its registry changed."""

    registry_id: str
    field: str
    old: str | None
    new: str | None
    night: str


def put_trial(
    tx: Transaction, registry_id: str, facts: Mapping[str, Any], *, night: str, run_id: int
) -> tuple[TrialChange, ...]:
    """Store what a registry says of a trial; return what changed since it was last seen, nothing for a new trial."""
    plain = json.loads(json.dumps(facts))
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    known = get_trial(tx, registry_id)
    row = {"content_hash": digest, "facts": plain, "changed_night": night, "run_id": run_id}
    if known is None:
        tx.connection.execute(registry_trials.insert().values(registry_id=registry_id, first_night=night, **row))
        return ()
    changes = tuple(
        TrialChange(registry_id, name, _text(known.facts.get(name)), _text(value), night)
        for name, value in plain.items()
        if known.facts.get(name) != value
    )
    if changes:
        which = registry_trials.c.registry_id == registry_id
        tx.connection.execute(registry_trials.update().where(which).values(**row))
        tx.connection.execute(
            registry_changes.insert(),
            [{name: getattr(change, name) for name in TrialChange.__dataclass_fields__} for change in changes],
        )
    return changes


def get_trial(tx: Transaction, registry_id: str) -> StoredTrial | None:
    """Return one trial, or None."""
    row = tx.connection.execute(select(registry_trials).where(registry_trials.c.registry_id == registry_id)).first()
    return None if row is None else StoredTrial(row.registry_id, dict(row.facts), row.first_night, row.changed_night)


def all_trials(tx: Transaction) -> tuple[StoredTrial, ...]:
    """Return every trial of the registries by id."""
    rows = tx.connection.execute(select(registry_trials).order_by(registry_trials.c.registry_id))
    return tuple(StoredTrial(r.registry_id, dict(r.facts), r.first_night, r.changed_night) for r in rows)


def trial_changes(tx: Transaction, *, registry_id: str | None = None) -> tuple[TrialChange, ...]:
    """Return what registries changed, oldest first, optionally of one trial."""
    query = select(registry_changes).order_by(registry_changes.c.change_id)
    if registry_id is not None:
        query = query.where(registry_changes.c.registry_id == registry_id)
    rows = tx.connection.execute(query)
    return tuple(TrialChange(r.registry_id, r.field, r.old, r.new, r.night) for r in rows)


def _text(value: object) -> str | None:
    return None if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
