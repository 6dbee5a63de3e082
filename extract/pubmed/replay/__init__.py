"""Our own E-utilities, on loopback over an archive folder: for the rehearsal and for every test.

It evaluates the real query over the archive as it stood on a day, so nights can be replayed one after the
other, and it can be told to fail in every way the real service has been seen to fail.
"""

from extract.pubmed.replay.archive import Archive, load_archive
from extract.pubmed.replay.faults import Fault, SeenRequest
from extract.pubmed.replay.server import ReplayServer

__all__ = ["Archive", "Fault", "ReplayServer", "SeenRequest", "load_archive"]
