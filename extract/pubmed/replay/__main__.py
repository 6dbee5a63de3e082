"""``python -m extract.pubmed.replay ARCHIVE --as-of DAY --port N``: the stand-in alone, until interrupted."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import sys
from pathlib import Path

from extract.errors import DocumentError
from extract.pubmed.replay.server import ReplayServer


def main(arguments: list[str] | None = None) -> int:
    """Serve an archive; return 0, or 2 with one line on stderr where it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m extract.pubmed.replay", description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--as-of", type=dt.date.fromisoformat, required=True, help="the day it is (YYYY-MM-DD)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    given = parser.parse_args(arguments)
    try:
        server = ReplayServer(given.archive, as_of=given.as_of, port=given.port)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2
    print(server.url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
