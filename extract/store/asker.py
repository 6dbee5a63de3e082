"""Who looks at the queue: what of it they can decide on follows from that."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Asker:
    """Who looks at the queue.

    Parameters
    ----------
    person_id
        Empty for nobody in particular (a command, a night): then nothing is "mine".
    decides, settles
        Whether the person may decide, and may settle conflicts.
    reads
        Whether first and second readings and votes are offered; an adjudicator with readers enough settles only.
    orphans
        Values nobody but an adjudicator can read second: offered all the same.
    barred
        Values whose second reader this person cannot be, having seen the proposal.
    disputed
        Re-opened values about which people decided differently: only an adjudicator settles them.
    at
        The time now, for leases.
    """

    person_id: str = ""
    decides: bool = False
    settles: bool = False
    reads: bool = True
    orphans: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    at: str = ""
