"""One compiled statement for every test: an engine keeps its own, and each test has an engine of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from outreach.ledger import base


@pytest.fixture(scope="session", autouse=True)
def _compile_once() -> Iterator[None]:
    """A compiled statement is known by its dialect object, so the first engine of a kind lends both."""
    first: dict[str, Engine] = {}

    def lent(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        lender = first.setdefault(engine.name, engine)
        engine.dialect, engine._compiled_cache = lender.dialect, lender._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "create_engine", lent)
        yield
