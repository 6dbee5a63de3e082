"""Licences of everything that is installed with the software: none may bind those who use it."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement

ALLOWED = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla Public License|Unlicense|0BSD|Zlib|HPND|"
    r"CC0|Biopython|Artistic|LGPL|Lesser General Public)\b",
    re.IGNORECASE,
)
"""MPL, LGPL and the Artistic Licence (text-unidecode, by choice) bind changes to the library itself only."""

REFUSED = re.compile(r"\b(AGPL|Affero|(?<!L)GPL|(?<!Lesser )General Public License|Proprietary)\b", re.IGNORECASE)

EXTRAS = ("postgres", "oidc", "dask")


def installed_with(name: str, extras: tuple[str, ...], seen: dict[str, Distribution]) -> None:
    """Gather what a distribution needs, and what that needs in turn."""
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        wanted = any(
            requirement.marker is None or requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        )
        if not wanted or requirement.name.casefold() in seen:
            continue
        try:
            found = distribution(requirement.name)
        except PackageNotFoundError:
            continue  # for another platform or Python
        seen[requirement.name.casefold()] = found
        installed_with(requirement.name, tuple(requirement.extras), seen)


def licence_of(found: Distribution) -> str:
    """Return what a distribution says of its licence: the expression, else the classifiers, else the short field."""
    said = found.metadata.get("License-Expression")
    if said:
        return said
    classifiers = [c.rsplit(" :: ", 1)[-1] for c in found.metadata.get_all("Classifier", []) if c.startswith("License")]
    known = [classifier for classifier in classifiers if classifier != "OSI Approved"]
    return "; ".join(known) or (found.metadata.get("License") or "").strip().split("\n", 1)[0]


@pytest.fixture(scope="module")
def dependencies() -> dict[str, Distribution]:
    seen: dict[str, Distribution] = {}
    installed_with("living-review", EXTRAS, seen)
    return seen


def test_there_is_a_whole_tree_to_look_at(dependencies: dict[str, Distribution]) -> None:
    assert len(dependencies) > 80
    assert {"prefect", "sqlalchemy", "psycopg", "distributed", "authlib"} <= set(dependencies)


def test_every_licence_is_known_and_binds_nobody_who_uses_the_software(dependencies: dict[str, Distribution]) -> None:
    licences = {name: licence_of(found) for name, found in sorted(dependencies.items())}
    refused = {name: said for name, said in licences.items() if REFUSED.search(said) and not ALLOWED.search(said)}
    unknown = {name: said for name, said in licences.items() if not ALLOWED.search(said)}
    assert refused == {}
    assert unknown == {}
