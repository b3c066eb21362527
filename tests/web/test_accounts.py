"""The account page: what is open, whom to ask, what was said, and why."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.campaigns.agreements import issues, payment_planning
from outreach.campaigns.agreements.payment_planning import Request
from outreach.ledger import policies
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.log import Entry, append, append_many, erase_text
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.timeline import timeline
from outreach.office import Office
from outreach.rules.issues import IssueKind
from outreach.rules.payment_plans import Instalment
from tests.web.cast import NOW, TODAY
from tests.web.conftest import Person, SignedIn
from tests.web.letter_rows import keep_letter


@pytest.fixture
def ana(signed_in: SignedIn) -> Person:
    return signed_in("ana")


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_the_buckets_are_shown_and_sum_to_the_ledger(ana: Person) -> None:
    page = ana.get("/accounts/3").text
    assert "1-30 360.00 USD 31-60 8,750.00 USD 61-90 2,500.00 USD 91+ 4,000.00 USD" in words(page)
    assert page.count("<rect") == 4
    assert "-250.00 USD" in page


def test_what_holds_an_invoice_stands_beside_it(ana: Person) -> None:
    assert "promised 600.00 USD until Fri Nov 27" in words(ana.get("/accounts/2").text)
    assert "disputed" in words(ana.get("/accounts/5").text)
    assert "two of the five visits did not happen" in ana.get("/accounts/5").text


def test_it_says_why_or_why_not(ana: Person, signed_in: SignedIn) -> None:
    assert "dispute" in words(ana.get("/accounts/5").text).split("Why, or why not")[1]
    assert "call: no rep" in words(signed_in("sam").get("/accounts/9").text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"do_not_call": True}, "do not call"),
        ({"do_not_mail": True}, "do not mail"),
        ({"left_on": TODAY}, "left on 2026-11-23"),
    ],
)
def test_what_is_known_against_a_contact_is_said(
    ledger: Ledger, ana: Person, change: dict[str, object], said: str
) -> None:
    with ledger.writing() as session:
        session.execute(update(Contact).where(Contact.account_id == 1).values(change))
    assert said in ana.get("/accounts/1").text


def test_what_is_known_against_a_number_is_said(ledger: Ledger, ana: Person) -> None:
    with ledger.writing() as session:
        session.execute(
            update(Destination)
            .where(Destination.address == "+13035550101")
            .values(bad_at=NOW, bad_why="no such number", suppressed_at=None)
        )
    assert "bad: no such number" in ana.get("/accounts/1").text


@pytest.mark.parametrize("column", ["legal_hold_on", "insolvent_on", "agency_on"])
def test_what_bars_the_whole_account_stands_on_top(ledger: Ledger, ana: Person, column: str) -> None:
    with ledger.writing() as session:
        session.execute(update(Account).where(Account.id == 1).values({column: TODAY}))
    assert "since Mon Nov 23" in words(ana.get("/accounts/1").text)


def test_a_call_is_one_story_however_often_it_is_told(ledger: Ledger, ana: Person) -> None:
    first = Entry(
        at=NOW, actor="ana", what="call ended", account_id=1, about="a1", outcome="answered_unknown"
    )
    with ledger.writing() as session:
        sequence = append(session, first)
        for what, text in (("call refined", None), ("call saved", "they will pay")):
            append(
                session,
                Entry(at=NOW, actor="ana", what=what, account_id=1, about="a1", refines=sequence, text=text),
            )
    with ledger.reading() as session:
        (story,) = timeline(session, 1)
    assert [one.entry.what for one in story.later] == ["call refined", "call saved"]
    page = ana.get("/accounts/1").text
    assert page.count("<li>") == page.count("</li>")
    assert words(page).index("call ended") < words(page).index("they will pay")


def test_the_story_is_paged_by_key(ledger: Ledger, ana: Person) -> None:
    entries = [
        Entry(at=NOW - timedelta(days=n), actor="ana", what=f"thing {n:03d}", account_id=1)
        for n in range(120)
    ]
    with ledger.writing() as session:
        append_many(session, reversed(entries))
    seen = []
    path: str | None = "/accounts/1"
    while path:
        page = ana.get(path).text
        seen += re.findall(r"thing \d\d\d", page)
        older = re.search(r'href="(/accounts/1\?before=\d+)">Older', page)
        path = older.group(1) if older else None
    assert seen == [entry.what for entry in entries]


def test_erased_words_are_gone_and_that_is_said(ledger: Ledger, ana: Person) -> None:
    with ledger.writing() as session:
        append(session, Entry(at=NOW, actor="ana", what="note", account_id=1, text="a private matter"))
        (story,) = timeline(session, 1)
        assert story.text
        erase_text(session, story.text.id, by="ada", at=NOW)
    page = ana.get("/accounts/1").text
    assert "a private matter" not in page
    assert "erased on 2026-11-23 by ada" in page


def test_letters_are_listed_with_their_state(office: Office, ana: Person) -> None:
    with office.ledger.writing() as session:
        letter_id = keep_letter(session, office.files, account_ids=(1,), state="bounced")
    page = ana.get("/accounts/1").text
    assert f'href="/letters/{letter_id}"' in page
    assert "bounced" in page


def test_a_summary_to_hand_on(signed_in: SignedIn) -> None:
    ana = signed_in("ana")
    assert "/accounts/3/summary.pdf" in ana.get("/accounts/3").text
    answer = ana.get("/accounts/3/summary.pdf")
    assert (answer.status_code, answer.mimetype, answer.data[:4]) == (200, "application/pdf", b"%PDF")
    assert ana.get("/accounts/3/summary.pdf?invoice=NOT-THERE").status_code == 404
    assert ana.get("/accounts/8/summary.pdf").status_code == 404  # another rep's


def test_plans_and_issues_stand_beside_promises(office: Office, ana: Person) -> None:
    with office.ledger.writing() as session:
        policy = policies.in_force(session).policy
        harbor, rep = session.get_one(Account, 1), session.scalars(select(User)).first()
        assert rep
        invoices = session.scalars(
            select(Invoice).where(Invoice.account_id == 1, Invoice.open_minor > 0)
        ).all()
        total = sum(one.open_minor for one in invoices)
        dues = [Instalment(TODAY + timedelta(7), 100), Instalment(TODAY + timedelta(14), total - 100)]
        asked = Request(account=harbor, invoices=invoices, instalments=dues, reason="cash flow")
        payment_planning.request(session, asked, by=rep, now=NOW, policy=policy)
        final = session.scalars(select(Invoice).where(Invoice.number == "INV-0999")).one()
        kind = IssueKind.TAX_EXEMPT
        issues.open_issue(session, final, kind, "", by="ana", now=NOW, policy=policy)
        account_id = final.account_id
    page = words(ana.get("/accounts/1").text)
    assert "plan requested" in page
    assert "1.00 USD on Mon Nov 30" in page
    assert "tax exempt INV-0999 due Fri Nov 27" in words(ana.get(f"/accounts/{account_id}").text)
