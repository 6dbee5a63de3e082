"""PubMed's XML as records: pure, streaming, memory flat.

:func:`parse_records` reads efetch answers and baseline files; :func:`record_to_json` and
:func:`record_from_json` keep a record without loss; :func:`content_hash` tells whether a record changed.
"""

from extract.pubmed.parse.record_json import content_hash, record_from_json, record_to_json
from extract.pubmed.parse.stream import parse_records

__all__ = ["content_hash", "parse_records", "record_from_json", "record_to_json"]
