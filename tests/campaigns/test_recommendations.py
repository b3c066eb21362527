"""A recommendation is asked for by one and approved by another; placement stops our own contact."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import recommendations as campaign
from outreach.campaigns.agreements.recommendations import Wish
from outreach.ledger import recommendations
from outreach.ledger.base import Ledger
from outreach.ledger.log import LogEntry
from outreach.ledger.naming import Unclear
from outreach.ledger.receivables import Account
from outreach.ledger.recommendations import Recommendation
from outreach.ledger.tasks import Task
from tests.campaigns.book import Book, at
from tests.rules.given import day

MON = day("2026-12-07")
NOW = at(MON, 15)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    book = Book(ledger)
    for login in ("sam", "sue"):
        book.rep(login, role="supervisor")
    book.account("HARBOR")
    book.account("QUAY")
    book.invoice("HARBOR", "I-1", MON - timedelta(60), 5000)
    book.invoice("HARBOR", "I-2", MON + timedelta(5), 700)
    book.imported(MON)
    return book


def ask(book: Book, files: Path, by: str = "ana", **wish: Any) -> int:
    wanted = Wish(**{"account": "HARBOR", "what": "agency", "why": "no answer for 60 days", **wish})
    return campaign.request(book.ledger, files, wanted, b"evidence", by=by, now=NOW).id


def step(book: Book, what: Callable[..., None], id_: int, by: str, **more: Any) -> None:
    said = {"partner": "Fair & Square Inc."} if what is campaign.place else {"why": "as agreed"}
    with book.ledger.writing() as session:
        what(session, id_, by=by, now=NOW, **said | more)


def state(book: Book) -> str:
    with book.ledger.reading() as session:
        return session.scalars(select(Recommendation).order_by(Recommendation.id.desc())).first().state  # type: ignore[union-attr]


def agency_on(book: Book) -> Any:
    with book.ledger.reading() as session:
        return session.scalars(select(Account.agency_on).where(Account.number == "HARBOR")).one()


def open_tasks(book: Book) -> list[tuple[str, str]]:
    with book.ledger.reading() as session:
        found = session.execute(select(Task.kind, Task.for_role).where(Task.done_at.is_(None)))
        return [(row.kind, row.for_role) for row in found]


def test_from_the_request_to_the_recall_every_step_is_in_the_log(book: Book, tmp_path: Path) -> None:
    id_ = ask(book, tmp_path)
    assert (state(book), open_tasks(book)) == ("requested", [("recommendation", "supervisor")])
    step(book, campaign.approve, id_, "sam")
    assert (state(book), open_tasks(book), agency_on(book)) == ("approved", [], None)
    step(book, campaign.place, id_, "sam")
    assert (state(book), agency_on(book)) == ("placed", MON)
    step(book, campaign.recall, id_, "sue")
    assert (state(book), agency_on(book)) == ("recalled", None)
    with book.ledger.reading() as session:
        told = session.execute(select(LogEntry.what, LogEntry.actor).order_by(LogEntry.sequence)).all()
        [(row, _, paper)] = recommendations.listed(session, everything=True)
        assert recommendations.listed(session) == []
    assert [tuple(one) for one in told if one[0].startswith("recomm")] == [
        ("recommendation requested", "ana"),
        ("recommendation approved", "sam"),
        ("recommendation placed", "sam"),
        ("recommendation recalled", "sue"),
    ]
    assert (row.amounts, row.approved_by, row.partner) == ({"USD": 500000}, "sam", "Fair & Square Inc.")
    assert (paper.retention, paper.size) == ("evidence", 8)


def test_placement_stops_first_party_contact_and_a_recall_lets_it_go_on(book: Book, tmp_path: Path) -> None:
    id_ = ask(book, tmp_path)
    step(book, campaign.approve, id_, "sam")
    step(book, campaign.place, id_, "sam")
    book.plan(MON)
    assert book.called(MON) == []
    assert set(book.left_out("HARBOR").values()) == {"outside agency"}
    step(book, campaign.recall, id_, "sam")
    book.plan(MON)
    assert book.called(MON) == ["HARBOR"]


@pytest.mark.parametrize(
    ("before", "what", "by", "why"),
    [
        ((), campaign.approve, "ana", "ana is no supervisor"),
        ((), campaign.place, "sam", "is requested: it cannot be placed"),
        ((), campaign.recall, "sam", "cannot be recalled"),
        ((campaign.approve,), campaign.approve, "sue", "cannot be approved"),
        ((campaign.approve,), campaign.place, "ana", "no supervisor"),
        ((campaign.reject,), campaign.approve, "sam", "cannot be approved"),
        ((campaign.approve, campaign.place), campaign.reject, "sam", "cannot be rejected"),
        ((campaign.approve, campaign.place, campaign.recall), campaign.place, "sam", "cannot be placed"),
    ],
)
def test_what_may_not_be_done(
    book: Book, tmp_path: Path, before: tuple[Any, ...], what: Any, by: str, why: str
) -> None:
    id_ = ask(book, tmp_path)
    for one in before:
        step(book, one, id_, "sam")
    stood, placed = state(book), agency_on(book)
    with pytest.raises(Unclear, match=why):
        step(book, what, id_, by)
    assert (state(book), agency_on(book)) == (stood, placed)


def test_nobody_approves_what_they_asked_for(book: Book, tmp_path: Path) -> None:
    id_ = ask(book, tmp_path, by="sam")
    with pytest.raises(Unclear, match="another supervisor"):
        step(book, campaign.approve, id_, "sam")
    step(book, campaign.approve, id_, "sue")
    assert state(book) == "approved"


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"account": "QUAY"}, "nothing of QUAY is past due"),
        ({"account": "NOBODY"}, "no account NOBODY"),
        ({"why": " "}, "say why"),
        ({"by": "zoe"}, "zoe does not work here"),
    ],
)
def test_what_cannot_be_recommended(book: Book, tmp_path: Path, wish: dict[str, Any], why: str) -> None:
    with pytest.raises(Unclear, match=why):
        ask(book, tmp_path, **wish)


def test_one_recommendation_at_a_time(book: Book, tmp_path: Path) -> None:
    first = ask(book, tmp_path)
    with pytest.raises(Unclear, match=f"recommendation {first} already, which is requested"):
        ask(book, tmp_path)
    step(book, campaign.reject, first, "sam")
    assert ask(book, tmp_path) != first
