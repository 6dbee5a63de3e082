"""The guard of the reference grid: nothing in the reference is passed over in silence."""

import json
from pathlib import Path

import pytest

from tests.reference.catalogue import is_known
from tests.reference.comparison import FOLDER

pytestmark = pytest.mark.shared


def test_every_file_and_section_is_compared_or_listed_with_its_reason(shared: Path) -> None:
    unknown = []
    for path in sorted((shared / FOLDER).glob("*.json")):
        document = json.loads(path.read_text())
        unknown += [f"{path.stem}.{key}" for key, value in document.items() if not is_known(path.stem, key, value)]
    assert unknown == []
