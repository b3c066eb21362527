"""The board: every number is the number of the rows behind it, for those who may see them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select, update

from outreach.campaigns.planning.settling import settle
from outreach.ledger import figures
from outreach.ledger.base import Ledger
from outreach.ledger.receivables import Invoice
from outreach.ledger.touches import Touch
from outreach.office import Office
from outreach.reports.figures import refresh
from tests.web.board_rows import FOREIGN, fill
from tests.web.cast import NOW, TODAY
from tests.web.conftest import Person, SignedIn

NUMBER = re.compile(r'<a id="[^"]*" href="(/board/[^"]+)" aria-label="[^"]*">(\d+)')
NEXT = re.compile(r'rel="next" href="([^"]+)"')


@pytest.fixture
def sam(office: Office, signed_in: SignedIn) -> Person:
    """A supervisor on a day with some work done, its figures worked out."""
    with office.ledger.writing() as session:
        fill(session)
    settle(office.ledger, NOW)
    assert refresh(office.ledger, NOW)
    return signed_in("sam")


def numbers(person: Person, path: str = "/board") -> dict[str, int]:
    """Where each number of a page leads, and the number."""
    answer = person.get(path)
    assert answer.status_code == 200
    return {unescape(href): int(number) for href, number in NUMBER.findall(answer.text)}


def rows_behind(person: Person, path: str) -> int:
    """How many rows the list has, over all of its pages."""
    rows, further = 0, path
    while further:
        answer = person.get(further)
        assert answer.status_code == 200, further
        rows += max(0, answer.text.count("<tr>") - 1)
        found = NEXT.search(answer.text)
        further = unescape(found[1]) if found else ""
    return rows


def test_every_number_is_that_of_its_rows(sam: Person) -> None:
    shown = numbers(sam)
    assert {path: rows_behind(sam, path) for path in shown} == shown
    for kind in ("calls", "reps", "campaigns", "aging", "left-out", "promises", "letters"):
        assert any(path.startswith(f"/board/{kind}/") for path in shown), kind


@pytest.mark.parametrize("page", ["/board/reps", "/board/left-out"])
def test_so_is_every_number_of_the_longer_tables(sam: Person, page: str) -> None:
    shown = numbers(sam, page)
    assert shown
    assert {path: rows_behind(sam, path) for path in shown} == shown


@pytest.mark.parametrize("step", ["followup_5", "statement", "aged_mrr"])
def test_so_is_every_number_of_a_campaign(sam: Person, step: str) -> None:
    shown = numbers(sam, f"/board/campaigns/{TODAY}.{step}")
    assert shown
    assert {path: rows_behind(sam, path) for path in shown} == shown


COUNTS = {
    "/board/calls/called": 4,  # Harbor twice, and Lakeside's number was busy
    "/board/reps/ana": 3,
    "/board/reps/ana/calls": 5,
    "/board/reps/ana/answered": 2,
    "/board/reps/ben": 1,
    "/board/campaigns/2026-11-23.followup_5/calls": 3,
    "/board/campaigns/2026-11-23.followup_5/called": 2,
    "/board/campaigns/2026-11-23.followup_5/reached": 2,  # they talked; a message was left
    "/board/campaigns/2026-11-23.followup_5/promised": 1,
    "/board/campaigns/2026-11-23.statement/letters": 6,
    "/board/campaigns/2026-11-23.statement/sent": 4,
    "/board/campaigns/2026-11-23.statement/delivered": 2,
    "/board/campaigns/2026-11-23.aged_mrr/paid": 1,
    "/board/letters/bounced": 1,
    "/board/letters/unconfirmed": 1,
    "/board/letters/replies": 1,
    "/board/left-out/no%20rep": 1,  # once, though neither called nor written to
    "/board/promises/today": 1,
    "/board/promises/week": 2,
    "/board/promises/overdue": 2,  # St. Anne's paid, if too late
    "/board/promises/kept": 1,
    "/board/promises/broken": 2,  # another's grace day is today
    "/board/aging/overdue-31?currency=USD": 4,
    "/board/aging/1-30?currency=EUR": FOREIGN,
}


def test_what_waits_for_a_release_is_listed(office: Office, sam: Person) -> None:
    with office.ledger.writing() as session:
        session.execute(update(Touch).where(Touch.channel == "email").values(state="held"))
    shown = numbers(sam)
    assert shown["/board/letters/held"] == rows_behind(sam, "/board/letters/held") > 1


def test_the_whole_ledger_is_listed(sam: Person) -> None:
    shown = numbers(sam)
    buckets = [n for path, n in shown.items() if re.search(r"/aging/(current|\d).*currency=USD", path)]
    assert shown["/board/aging/ledger?currency=USD"] == sum(buckets)


def test_no_number_of_a_table_leads_nowhere(sam: Person) -> None:
    """But for nought, shares, amounts, and where an even pace would be."""
    page = sam.get("/board").text
    bare = re.findall(r'<td class="number ?(?:behind)?"[^>]*>(?:<strong>)?(\d+)<', page)
    reps = page.count('class="pace-bar"')
    assert len(bare) == reps, "only the column of the pace"


def test_what_the_board_counts(sam: Person) -> None:
    shown = numbers(sam)
    assert {path: shown.get(path) for path in COUNTS} == COUNTS


def test_the_kept_rate(sam: Person) -> None:
    assert "Kept <strong>33 %</strong>" in sam.get("/board").text


def test_the_buckets_sum_to_the_ledger(office: Office, sam: Person) -> None:
    with office.ledger.reading() as session:
        total = select(Invoice.currency, func.sum(Invoice.open_minor)).group_by(Invoice.currency)
        of_ledger = {currency: int(amount) for currency, amount in session.execute(total)}
        kept = figures.newest(session)
    assert kept
    of_buckets = dict.fromkeys(of_ledger, 0)
    for one in kept.named("aging"):
        of_buckets[one.currency] += one.amount_minor
    assert of_buckets == of_ledger


def test_a_set_is_made_anew_when_what_it_rests_on_changes(office: Office, sam: Person) -> None:
    assert not refresh(office.ledger, NOW)
    with office.ledger.writing() as session:
        session.execute(update(figures.FigureSet).values(import_id=None))
    assert refresh(office.ledger, NOW)
    assert refresh(office.ledger, NOW + timedelta(days=1))
    with office.ledger.reading() as session:
        days = session.scalars(select(figures.FigureSet.day).order_by(figures.FigureSet.id)).all()
    assert days == [TODAY, TODAY + timedelta(days=1)], "of each day the newest stays"


NOWHERE = (
    "/board/calls/nonsense",
    "/board/reps/nobody",
    "/board/reps/ana/nonsense",
    "/board/campaigns/nonsense",
    "/board/campaigns/2026-13-45.followup_5",
    "/board/campaigns/2026-11-23.nonsense",
    "/board/campaigns/2020-01-01.followup_5",
    "/board/campaigns/2026-11-23.followup_5/nonsense",
    "/board/campaigns/2026-11-23.followup_5/kept-out/post/no%20rep",
    "/board/aging/32-33",
    "/board/promises/nonsense",
    "/board/letters/nonsense",
    "/board/letters/bounced?after=nonsense",
    "/board/letters/bounced?after=nonsense~x",
    "/board/letters/bounced?after=2026-11-23T00:00:00~x",
    "/board/aging/1-30?after=2026-11-23~x",
    "/board/left-out/no%20rep?after=x",
)


def test_what_there_is_not_is_not_found(sam: Person) -> None:
    assert {path: sam.get(path).status_code for path in NOWHERE} == dict.fromkeys(NOWHERE, 404)


PAGES = ("/board", "/board/reps", "/board/left-out", "/board/aging/1-30", "/board/promises/kept")


def test_the_board_is_no_reps(office: Office, signed_in: SignedIn) -> None:
    refresh(office.ledger, NOW)
    ana, ada = signed_in("ana"), signed_in("ada")
    assert {path: ana.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 404)
    assert {path: ada.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)


def test_a_board_before_any_figures(ledger: Ledger, signed_in: SignedIn) -> None:
    sam = signed_in("sam")
    assert "Worked out within a minute of the first import" in " ".join(sam.get("/board").text.split())
    assert sam.get("/board/aging/1-30").status_code == 404
    assert sam.get("/board/left-out").status_code == 200


def test_numbers_of_yesterdays_book_are_those_of_yesterdays_buckets(office: Office, sam: Person) -> None:
    """After midnight, until the figures are worked out anew, lists go by the day of their figures."""
    office.clock.at = NOW.replace(day=24)  # type: ignore[attr-defined]
    shown = {path: n for path, n in numbers(sam).items() if path.startswith("/board/aging/")}
    assert shown
    assert {path: rows_behind(sam, path) for path in shown} == shown
