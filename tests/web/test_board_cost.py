"""What the board costs: the day's work, and not the history. It walks no table that only grows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from outreach.office import Office
from outreach.reports.figures import refresh
from tests.services import Databases
from tests.web.board_rows import fill
from tests.web.cast import NOW
from tests.web.conftest import SignedIn

GROWING = (
    *("call_attempts", "letters", "letter_touches", "touches", "touch_firings", "firings", "promises"),
    *("log_entries", "applications", "invoices", "left_outs", "events", "accounts"),
)
OF_WHAT_WAITS = r" USING (COVERING )?INDEX ix_\w+_(unended|unconfirmed|waiting)"
WALKS = re.compile(rf"^SCAN ({'|'.join(GROWING)})\b(?!{OF_WHAT_WAITS})")


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """The one that tells its plans in words."""
    chosen: Databases = request.getfixturevalue(f"{request.param}_databases")
    return chosen


@contextmanager
def statements(office: Office) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is executed meanwhile, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(office.ledger.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(office.ledger.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/board", "/board/reps", "/board/left-out"])
def test_no_page_that_renews_itself_walks_what_grows(office: Office, signed_in: SignedIn, path: str) -> None:
    with office.ledger.writing() as session:
        fill(session)
    refresh(office.ledger, NOW)
    sam = signed_in("sam")
    with statements(office) as seen:
        assert sam.get(path).status_code == 200
    selects = [one for one in seen if one[0].startswith("SELECT")]
    assert {one: walks for one, *rest in selects if (walks := list(_walks(office, one, *rest)))} == {}
    assert len(selects) < 30, "and their number does not grow with the rows"


def _walks(office: Office, statement: str, parameters: Any) -> Iterator[str]:
    with office.ledger.engine.connect() as connection:
        for *_, detail in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
            if WALKS.match(detail):
                yield detail
