"""A PostgreSQL server for tests: the one of ``TEST_DATABASE_URL``, or a private one that ends with the tests.

The private server is made from the system's packages in a temporary folder, listens on a Unix socket and on a loopback
port the system chose, and does not wait for the disk. It gets SIGTERM from the kernel when the process that started it
dies, so that a killed test run leaves nothing behind.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from extract.store.engine import Store

START_SECONDS = 60
"""A server on an idle machine answers within a second."""

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB", "autovacuum=off")
"""Settings of a server whose data nobody needs after a crash."""

_numbers = itertools.count(1)


def new_database(*, source: str | None = None) -> str:
    """Return the URL of a fresh database at the newest migration, or of a copy of another one."""
    return _copy(str(make_url(source).database) if source is not None else _template())


def empty_database() -> str:
    """Return the URL of a database that no migration has seen."""
    return _copy("template0")


def _copy(source: str) -> str:
    admin = server_url()
    name = f"living_review_{os.getpid()}_{next(_numbers)}"
    _execute(admin, f"CREATE DATABASE {name} TEMPLATE {source} ENCODING 'UTF8'")
    return admin.set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Drop a database made by :func:`new_database`, whoever is still connected."""
    _execute(server_url(), f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


@cache
def server_url() -> URL:
    """Return the URL of a database of the server from which others can be made; start the server if need be."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return make_url(given).set(drivername="postgresql+psycopg")
    programs = _programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing: install Debian's package postgresql, or set TEST_DATABASE_URL")
        pytest.skip("needs PostgreSQL: Debian's package postgresql, or TEST_DATABASE_URL")
    return _started(programs)


def _programs() -> Path | None:
    """Return the folder with the server's programs, None if it is not installed."""
    found = shutil.which("initdb")
    if found is not None:
        # Debian's commands in /usr/bin may be links; the server itself stands beside the real one.
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def _started(programs: Path) -> URL:
    """Start a private server; it refuses to run as root, so then it runs as the user its package made."""
    folder = Path(tempfile.mkdtemp(prefix="lr-pg-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    as_user = ["setpriv", "--pdeathsig", "TERM"]
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user += ["--reuid", str(owner.pw_uid), "--regid", str(owner.pw_gid), "--clear-groups"]
    data = folder / "data"
    made = [str(programs / "initdb"), "-D", str(data), "-U", "tester", "--auth=trust", "--no-sync"]
    # The locale people have, not the C locale: what the store promises about order must not hang on it.
    made += ["--encoding=UTF8", "--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8"]
    subprocess.run([*as_user, *made], check=True, capture_output=True, cwd=folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = (f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *QUICK)
    options = [part for setting in settings for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*as_user, str(programs / "postgres"), "-D", str(data), *options], stdout=log, stderr=log, cwd=folder
        )
    atexit.register(_end, server)
    url = URL.create("postgresql+psycopg", "tester", host="127.0.0.1", port=port, database="postgres")
    _wait(server, url, folder / "log")
    return url


def _wait(server: subprocess.Popen[bytes], url: URL, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _execute(url, "SELECT 1")
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.05)
        else:
            return


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(3)  # SIGQUIT: at once; nothing here is worth a checkpoint
    server.wait(timeout=20)


@cache
def _template() -> str:
    """Run the migrations once in a database of their own; copying it is faster than migrating again."""
    url = empty_database()
    store = Store(url, archive=Path("/nonexistent"))
    store.prepare()
    store.close()
    return str(make_url(url).database)


def _execute(url: URL, statement: str) -> None:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)
