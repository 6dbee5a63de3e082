"""The only code that talks to NCBI.

:class:`EntrezClient` asks one question at a time, politely and with patience; :func:`run_search` runs a whole
search and refuses to call an incomplete one complete.
"""

from extract.pubmed.fetch.answers import FetchAnswer, FullTextAnswer, InfoAnswer, LinkAnswer, SearchAnswer
from extract.pubmed.fetch.client import EntrezClient
from extract.pubmed.fetch.search import SearchResult, run_search
from extract.pubmed.fetch.settings import NCBI_URL, EntrezSettings, Exchange

__all__ = [
    "NCBI_URL",
    "EntrezClient",
    "EntrezSettings",
    "Exchange",
    "FetchAnswer",
    "FullTextAnswer",
    "InfoAnswer",
    "LinkAnswer",
    "SearchAnswer",
    "SearchResult",
    "run_search",
]
