"""A record as JSON without loss, and the hash that tells whether it changed."""

from __future__ import annotations

import hashlib
import json

from pydantic import TypeAdapter, ValidationError

from extract.errors import DocumentError
from extract.schema.record import Record

#: Left out of the hash, because they change without any change of what the record says: the day of its last
#: processing, its stage in indexing (what indexing adds, MeSH and types, is hashed), and its create date.
VOLATILE = frozenset({"revised", "status", "created"})

_RECORD = TypeAdapter(Record)


def record_to_json(record: Record) -> str:
    """Return the record as one line of JSON; :func:`record_from_json` gives it back equal."""
    return _RECORD.dump_json(record).decode("utf-8")


def record_from_json(text: str) -> Record:
    """Return the record a line of :func:`record_to_json` holds.

    Raises
    ------
    DocumentError
        If the text is not JSON, a field is missing, or a value has another type.
    """
    try:
        return _RECORD.validate_json(text, strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the line itself"
        raise DocumentError(
            f"a stored record cannot be read: {where}: {fault['msg']}; the line begins {text[:80]!r}"
        ) from error


def content_hash(record: Record) -> str:
    """Return the SHA-256 (hex) of what a record says.

    Two fetches of one record have the same hash unless its meaning changed: :data:`VOLATILE` fields are left
    out, and links are hashed in sorted order, for PubMed re-orders them.
    """
    fields = _RECORD.dump_python(record, mode="json", exclude=set(VOLATILE))
    fields["links"].sort(key=lambda link: (link["ref_type"], link["pmid"] or "", link["ref_source"]))
    canonical = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
