"""Fixtures every package's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from flows.outgoing import refuse_other_hosts
from tests.stores import Under

# How long an example takes is a matter of the machine and its load; what must be fast has a budget of its own. The same
# examples every time, so that a failure is the change's; `HYPOTHESIS_PROFILE=explore make test` looks for new ones.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("explore"), derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# Tests talk to this machine only, and each of them under the guard that the processes of the review have.
refuse_other_hosts(frozenset())

LONGEST = ("test_prefect_worker.py", "test_night_faults.py", "test_soak.py", "test_killed_night.py", "test_heavy.py")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with real test material beside the checkout.

    It holds other people's texts, so it is not part of the project: a user's machine skips what needs it,
    the project's own CI must have it.
    """
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"real test material is missing: expected the folder {SHARED}")
        pytest.skip("real test material (../shared) is not on this machine")
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: a worker that meets one last keeps all others waiting for it."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of a module marked with both_databases on each database."""
    if metafunc.definition.get_closest_marker("both_databases"):
        databases = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
        metafunc.parametrize("database", databases, indirect=True, scope="module")


@pytest.fixture(scope="module", autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the name of the database under test.

    A module's own fixture that makes a store must ask for this one, so that it is made anew for each database.
    """
    wanted = getattr(request, "param", "sqlite")
    before, made = Under.database, set(Under.urls)
    Under.database = wanted
    yield wanted
    Under.database = before
    for folder in set(Under.urls) - made:
        from tests.postgres import drop_database

        drop_database(Under.urls.pop(folder))
