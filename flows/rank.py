"""Files in, reading order out: the ranking of :mod:`extract.screening` for `living-review rank`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from extract.errors import DocumentError
from extract.screening.documents import with_texts
from extract.screening.files import parse_decisions, parse_documents

if TYPE_CHECKING:
    from extract.screening.ranker import Ranking


def rank_files(decisions_file: Path, records_file: Path) -> Ranking:
    """Rank the undecided records of one file by the decisions of another.

    Parameters
    ----------
    decisions_file
        JSON lines ``{"id", "label"}``, optionally with ``title`` and ``abstract``; without them the text is taken from
        the records.
    records_file
        JSON lines ``{"id", "title", "abstract"}``; those that carry a decision are not ranked again.

    Raises
    ------
    DocumentError
        A file that cannot be read, a bad line, decisions none of which has a text in either file.
    RankingError
        Decisions of one kind only.
    """
    decisions = parse_decisions(_lines(decisions_file), source=str(decisions_file))
    records = {each.document_id: each for each in parse_documents(_lines(records_file), source=str(records_file))}
    decided = with_texts(decisions, records)
    if not decided:
        raise DocumentError(
            f"{decisions_file}: none of the {len(decisions)} decisions has a title or abstract, here or in "
            f"{records_file}; give the text with the decision or the same id in the records"
        )
    known = {decision.document_id for decision in decisions}
    waiting = [record for record in records.values() if record.document_id not in known]
    # scikit-learn takes a second to load: bad input is told before.
    from extract.screening.ranker import rank_documents

    return rank_documents(decided, waiting)


def _lines(path: Path) -> list[str]:
    """Return the lines of a UTF-8 file (a byte order mark is dropped); split at line feeds only."""
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror}); expected a file of JSON lines") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: byte {error.start} is no UTF-8; expected a UTF-8 file of JSON lines") from error
