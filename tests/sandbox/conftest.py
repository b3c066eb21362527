"""A sandbox and its door, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.playing import Door, Sandbox, open_door, playing


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


@pytest.fixture
def sandbox(tmp_path: Path, door: Door) -> Iterator[Sandbox]:
    with playing(tmp_path, door) as running:
        yield running
