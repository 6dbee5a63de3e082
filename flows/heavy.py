"""The heavy steps, each cut into batches whose results do not depend on where they ran.

Re-extraction: batches of records. Bootstrap and leave-one-out grids: one synthesis and a numbered part of its draws,
each with a random stream of its own. Ranking: one review (its decisions and records), because the views are learned
from all of its texts together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from analysis.models import meta_analysis
from analysis.sensitivity import leave_one_out
from analysis.subsets import bootstrap_estimates
from extract.schema.effect import Effect
from extract.schema.protocol import Protocol
from extract.store.engine import Store
from extract.store.log import close_night
from extract.store.records import StoredRecord
from extract.store.versions import published_snapshots
from flows.context import Clock, NightContext
from flows.errors import SettingsError
from flows.extraction import ExtractionOutcome, effects_of, extract_night
from flows.mapping import BATCH, in_batches, mapped
from flows.night import opened_night
from flows.rank import rank_files
from flows.settings import Settings
from flows.timetable import local_date
from reports.model import Synthesis
from reports.snapshot import read_snapshot

DRAWS_A_BATCH = 2_500
LEAST_STUDIES = 3
"""Below this a resample is often one study repeated, and leaving one out leaves nothing to pool."""


def reextract(settings: Settings, *, clock: Clock, runner: str, size: int = BATCH) -> ExtractionOutcome:
    """Read every record again in batches, and bring queue and places up to date; logged as a run of its own.

    Raises
    ------
    SettingsError
        A night is running, or the cluster does not answer.
    """

    def read(_context: NightContext, records: Sequence[StoredRecord]) -> Iterable[tuple[Effect, ...]]:
        batches = [(batch, settings.protocol) for batch in in_batches(records, size)]
        return chain.from_iterable(mapped(settings, read_batch, batches, name="read", runner=runner))

    night = local_date(clock(), settings.protocol.living)
    with opened_night(settings, night=night, clock=clock) as context:
        outcome = extract_night(context, everything=True, read=read)
        with context.store.write() as tx:
            summary = {type(outcome).__name__: asdict(outcome)}
            close_night(tx, context.night_id, at=context.now(), state="done", summary=summary)
    return outcome


def read_batch(batch: tuple[tuple[StoredRecord, ...], Protocol]) -> list[tuple[Effect, ...]]:
    """Read the records of one batch."""
    records, protocol = batch
    return [effects_of(record, protocol) for record in records]


@dataclass(frozen=True)
class GridPart:
    """A part of the draws of one synthesis.

    Parameters
    ----------
    part
        Number of this part; with the synthesis it seeds the random stream.
    """

    synthesis_id: str
    yi: tuple[float, ...]
    vi: tuple[float, ...]
    method: str
    level: float
    part: int
    draws: int


@dataclass(frozen=True)
class Grid:
    """Percentile interval of resampled estimates, and the range of estimates without one study (log scale)."""

    synthesis_id: str
    k: int
    draws: int
    bootstrap_low: float
    bootstrap_high: float
    without_one_low: float
    without_one_high: float


def grids(settings: Settings, syntheses: Sequence[Synthesis], *, draws: int, runner: str) -> tuple[Grid, ...]:
    """Bootstrap every synthesis of three studies or more, and leave out each study once."""
    parts = [part for synthesis in syntheses for part in _parts(synthesis, draws=draws)]
    estimates = mapped(settings, bootstrap_part, parts, name="bootstrap", runner=runner)
    found = []
    for synthesis_id in dict.fromkeys(part.synthesis_id for part in parts):
        mine = [index for index, part in enumerate(parts) if part.synthesis_id == synthesis_id]
        drawn = np.concatenate([estimates[index] for index in mine])
        first = parts[mine[0]]
        tails = (50 - first.level / 2, 50 + first.level / 2)
        low, high = (float(limit) for limit in np.percentile(drawn, tails))
        result = meta_analysis(first.yi, first.vi, method=first.method, ci_method="wald", level=first.level)
        without = leave_one_out(result).estimate
        found.append(
            Grid(synthesis_id, len(first.yi), drawn.size, low, high, float(without.min()), float(without.max()))
        )
    return tuple(found)


def published_syntheses(settings: Settings, store: Store) -> tuple[Synthesis, ...]:
    """Return the syntheses of the snapshot that was published last.

    Raises
    ------
    SettingsError
        Nothing has been published.
    """
    with store.read() as tx:
        published = published_snapshots(tx)
    if not published:
        raise SettingsError(f"{settings.state_dir}: nothing has been published yet; run a night first")
    return read_snapshot(settings.snapshots_dir / published[-1].snapshot_id).results


def _parts(synthesis: Synthesis, *, draws: int) -> list[GridPart]:
    if synthesis.primary is None or synthesis.k < LEAST_STUDIES:
        return []
    yi = tuple(each.log_hr for each in synthesis.inputs)
    vi = tuple(each.se_log_hr**2 for each in synthesis.inputs)
    level = synthesis.primary.log.level
    sizes = [DRAWS_A_BATCH] * (draws // DRAWS_A_BATCH) + ([draws % DRAWS_A_BATCH] if draws % DRAWS_A_BATCH else [])
    return [
        GridPart(synthesis.synthesis_id, yi, vi, synthesis.primary.method, level, part, size)
        for part, size in enumerate(sizes)
    ]


def bootstrap_part(part: GridPart) -> np.ndarray:
    """Return the estimates of one part's resamples; its random stream is its own, wherever it runs."""
    seed = int.from_bytes(hashlib.sha256(f"{part.synthesis_id} {part.part}".encode()).digest()[:8], "big")
    result = meta_analysis(part.yi, part.vi, method=part.method, ci_method="wald", level=part.level)
    return bootstrap_estimates(result, rng=np.random.default_rng(seed), draws=part.draws)


def rank_reviews(settings: Settings, folders: Sequence[Path], *, runner: str) -> list[list[tuple[str, float]]]:
    """Rank the records of many reviews; each folder holds ``decisions.jsonl`` and ``records.jsonl``."""
    return mapped(settings, rank_review, [str(folder) for folder in folders], name="rank", runner=runner)


def rank_review(folder: str) -> list[tuple[str, float]]:
    """Rank one review's records, best first."""
    ranking = rank_files(Path(folder) / "decisions.jsonl", Path(folder) / "records.jsonl")
    return [(document.document_id, document.score) for document in ranking.documents]
