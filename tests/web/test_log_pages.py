"""The log for people: who sees which entries, by which days, and the file that leaves."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from outreach.ledger.base import Ledger
from outreach.ledger.log import Entry, append
from outreach.office import Office
from tests.web.cast import NOW
from tests.web.conftest import SignedIn

OAKMONT, HARBOR = "they asked Ben for a copy", "=they pay Friday"


@pytest.fixture(autouse=True)
def told(office: Office) -> None:
    """One note of ana's account, one of ben's, and one that is of no account."""
    with office.ledger.writing() as session:
        for account_id, actor, text in ((1, "ana", HARBOR), (8, "ben", OAKMONT), (None, "ada", "policy")):
            entry = Entry(
                at=NOW, actor=actor, what="call saved", account_id=account_id, invoices=("1",), text=text
            )
            append(session, entry)


def texts(file: bytes) -> list[str]:
    rows = csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""))
    return [row["text"] for row in rows if row["action"] == "call saved"]


SEEN = [("ana", ["'" + HARBOR]), ("ben", [OAKMONT]), ("sam", ["'" + HARBOR, OAKMONT])]


@pytest.mark.parametrize(("login", "seen"), SEEN)
def test_everybody_gets_what_they_may_see(signed_in: SignedIn, login: str, seen: list[str]) -> None:
    person = signed_in(login)
    page = person.get("/log").text
    assert [OAKMONT in page, HARBOR in page] == [OAKMONT in seen, "'" + HARBOR in seen]
    answer = person.get("/log/file?format=csv")
    assert texts(answer.data) == seen
    assert answer.headers["Content-Disposition"] == "attachment; filename=log.csv"
    assert answer.content_type == "text/csv; charset=utf-8"


def test_an_accounts_log_as_a_workbook(signed_in: SignedIn) -> None:
    ana = signed_in("ana")
    assert "/accounts/1/log/file?format=xlsx" in ana.get("/accounts/1").text
    answer = ana.get("/accounts/1/log/file?format=xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_name("Log")
    assert {row[0] for row in sheet.to_python()[1:]} == {"HARBOR"}
    assert HARBOR in {row[5] for row in sheet.to_python()}


@pytest.mark.parametrize(("login", "status"), [("ana", 404), ("ben", 200), ("sam", 200)])
def test_another_reps_account_has_no_file(signed_in: SignedIn, login: str, status: int) -> None:
    assert signed_in(login).get("/accounts/8/log/file").status_code == status


DAYS = [
    ("since=2026-11-23", True),
    ("until=2026-11-23", True),
    ("until=2026-11-22", False),
    ("since=2026-11-24", False),
    ("since=&until=", True),
    ("since=yesterday&until=9999-12-31", True),
    ("since=0001-01-01", True),
]


@pytest.mark.parametrize(("days", "there"), DAYS)
def test_of_some_days(signed_in: SignedIn, days: str, there: bool) -> None:
    sam = signed_in("sam")
    assert (OAKMONT in sam.get(f"/log?{days}").text) == there
    assert (OAKMONT in texts(sam.get(f"/log/file?{days}").data)) == there


def test_the_links_keep_the_days(signed_in: SignedIn) -> None:
    assert "/log/file?format=csv&amp;since=2026-11-23" in signed_in("sam").get("/log?since=2026-11-23").text


@pytest.mark.parametrize(
    "path", ["/log/file?format=exe", "/accounts/1/log/file?format=", "/log?before=" + "9" * 30]
)
def test_what_there_is_not(signed_in: SignedIn, path: str) -> None:
    assert signed_in("sam").get(path).status_code == 404


def test_older_entries_follow(ledger: Ledger, signed_in: SignedIn) -> None:
    with ledger.writing() as session:
        for n in range(60):
            append(session, Entry(at=NOW, actor="ana", what="noted", account_id=1, text=f"note {n:02}"))
    ana = signed_in("ana")
    page = ana.get("/log").text
    assert ("note 59" in page, "note 10" in page, "note 09" in page) == (True, True, False)
    older = page.split('href="/log?before=')[1].split('"')[0]
    assert "note 09" in ana.get(f"/log?before={older}").text
