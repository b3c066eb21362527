"""Two snapshots in either order leave the same figures of every day in the real tables (trust.md, import)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intake.conftest import AS_OF, Books
from tests.intake.files import HEADER, write

NUMBERS = ("I1", "I2", "I3", "I4")
files = st.dictionaries(st.sampled_from(NUMBERS), st.integers(0, 5).map(lambda n: 100 * n), max_size=4)


def bring(books: Books, folder: Path, source: str, opens: Mapping[str, int], day: int) -> None:
    rows = (f"HARBOR,{number},2026-10-01,2026-10-31,{minor / 100:.2f}" for number, minor in opens.items())
    path = write(folder, HEADER, *rows)
    books.bring(path, source=source, as_of=AS_OF + timedelta(days=day), accept_closed=True)


def figures(books: Books, source: str) -> list[dict[str, int]]:
    """What was open of the source on each of the days around its files."""
    return [books.open_on(AS_OF + timedelta(days=day), source) for day in range(-1, 8)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(snapshots=st.lists(files, min_size=2, max_size=3), data=st.data())
@pytest.mark.parametrize("gap", [2])
def test_the_order_of_imports_does_not_matter(
    books: Books, tmp_path: Path, snapshots: list[dict[str, int]], data: st.DataObject, gap: int
) -> None:
    run = len(books.sources())
    dated = list(enumerate(snapshots))
    shuffled = data.draw(st.sampled_from(list(permutations(dated))))
    for name, order in (("in order", dated), ("shuffled", shuffled)):
        for day, opens in order:
            bring(books, tmp_path, f"{run} {name}", opens, gap * day)
    assert figures(books, f"{run} shuffled") == figures(books, f"{run} in order")
