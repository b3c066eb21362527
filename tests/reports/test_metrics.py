"""The document of `outreach metrics`: the cast's Monday, and what changes when something is recorded."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.campaigns.planning.settling import settle
from outreach.ledger import campaigns, policies, root_causes
from outreach.ledger.base import Base, Ledger
from outreach.ledger.campaigns import Campaign
from outreach.ledger.commitments import Hold, Promise, PromiseInvoice
from outreach.ledger.imports import Import
from outreach.ledger.letters import Letter
from outreach.ledger.people import User
from outreach.ledger.printed_figures import PrintedFigures
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.ledger.sales import CreditSales
from outreach.ledger.voicemails import Voicemail
from outreach.reports.key_figures import TITLES
from outreach.reports.metrics import metrics
from outreach.reports.printing import print_figures
from tests.web.board_rows import FOREIGN, fill
from tests.web.cast import NOW, TODAY, seed

SOON = TODAY + timedelta(3)
EVENING = datetime(2026, 11, 24, 2, tzinfo=UTC)
"""18:00 in Los Angeles: the reps' day is over"""


@pytest.fixture
def monday(ledger: Ledger) -> Ledger:
    """The cast on a day with some work done."""
    with ledger.writing() as session:
        seed(session)
        fill(session)
    settle(ledger, NOW)
    return ledger


def add(ledger: Ledger, *rows: Base) -> None:
    with ledger.writing() as session:
        session.add_all(rows)


def told(ledger: Ledger, on: date = TODAY, now: datetime = EVENING) -> dict[str, Any]:
    with ledger.reading() as session:
        return metrics(session, on, policies.in_force(session), now)


def sales(*months: tuple[date, int]) -> list[CreditSales]:
    """Whole dollars."""
    return [
        CreditSales(month=month, currency="USD", amount_minor=100 * amount, stated_at=NOW, stated_by="op")
        for month, amount in months
    ]


def imported(as_of: date) -> Import:
    told = {"file_name": f"{as_of}.csv", "sha256": "-", "form": "snapshot", "state": "applied", "actor": "op"}
    return Import(source="ledger", as_of=as_of, started_at=NOW, applied_at=NOW, **told)


def test_the_shape_that_scripts_rely_on(monday: Ledger) -> None:
    document = told(monday)
    assert set(TITLES) <= set(document), "interface.md"
    assert document["as_of"] == "2026-11-23"
    assert list(document["buckets"]) == ["current", "1-30", "31-60", "61-90", "91+"]
    assert document["buckets"]["1-30"]["EUR"] == document["open_total"]["EUR"] == f"{10 * FOREIGN}.00"
    assert document["over_31_days"] == {"EUR": "0.00", "USD": "15700.00"}
    late = document["over_31"]
    assert (late["gross"], late["unapplied"]) == ({"USD": "15700.00"}, {"USD": "250.00"})
    assert float(late["net"]["USD"]) == 15_450 - float(late["promised"]["USD"])


def test_every_figure_has_its_formula(monday: Ledger) -> None:
    document = told(monday)
    explained = document["explained"]
    assert all(one["formula"] for one in explained.values())
    named = {name for name in {**document, **document["activity"]} if name in explained}
    counts = {"reps", "calls_that_rang", "answered", "over_31"}
    told_of = {"as_of", "known_at", "currency", "explained", "notes", "activity", "by_currency"}
    assert {*document, *document["activity"]} - named == counts | told_of
    assert explained["open_total"]["value"] == document["open_total"]
    assert "value" not in explained["campaigns"], "lists are not told twice"


def test_the_buckets_sum_to_the_ledger_in_each_currency(monday: Ledger) -> None:
    document = told(monday)
    for currency, total in document["open_total"].items():
        amounts = [float(by_currency[currency]) for by_currency in document["buckets"].values()]
        assert sum(amounts) == float(total)


def test_what_cannot_be_told_is_none_with_a_note(monday: Ledger) -> None:
    document = told(monday)
    assert {document[name] for name in TITLES} == {None}
    notes = [note for note in document["notes"] if note.startswith("USD: no ")]
    assert [("DSO, " in note, "CEI" in note, "begin on 2026-11-23" in note) for note in notes] == [
        (True, False, False),
        (False, True, True),
    ]


def test_stated_sales_give_dso(monday: Ledger) -> None:
    add(
        monday, *sales(*((date(2026, month, 1), 30_000) for month in (8, 9, 10)), (date(2026, 11, 1), 23_000))
    )
    document = told(monday)
    inputs = document["explained"]["dso_simple"]["inputs"]
    # From August 26th on: 6 of 31 days, two whole months, and November's 23 days so far.
    assert inputs["credit sales"] == f"{30_000 * 6 / 31 + 60_000 + 23_000:,.2f} USD"
    open_now = float(document["open_total"]["USD"])
    assert document["dso_simple"] == pytest.approx(open_now / (30_000 * 6 / 31 + 83_000) * 90, abs=0.005)
    assert document["dso_countback"] == pytest.approx(23 + (open_now - 23_000) / 30_000 * 31, abs=0.005)
    assert document["by_currency"]["EUR"]["dso_simple"] is None
    assert document["explained"]["dso_simple"]["met"] is False
    assert document["cei"] is None, "what was open before the first file is not known"


def test_the_days_calls(monday: Ledger) -> None:
    work = told(monday)["activity"]
    assert {name: work[name] for name in ("customers_called", "calls_that_rang", "answered")} == {
        "customers_called": 4,
        "calls_that_rang": 5,
        "answered": 3,
    }
    assert (work["right_party_contacts"], work["right_party_rate"], work["connect_rate"]) == (1, 20.0, 60.0)
    assert [(rep["rep"], rep["called"], rep["by_now"]) for rep in work["reps"]] == [
        ("ana", 3, 75),
        ("ben", 1, 75),
    ]
    assert (work["target"], work["by_now"]) == (150, 150)


def test_the_pace_of_a_day_that_goes_on(monday: Ledger) -> None:
    """10:00 of a day from 08:00 to 17:00."""
    assert [rep["by_now"] for rep in told(monday, now=NOW)["activity"]["reps"]] == [16, 16]


def test_who_has_left_since_had_worked_that_day(monday: Ledger) -> None:
    with monday.writing() as session:
        session.execute(update(User).where(User.login == "ben").values(active=False))
    work = told(monday)["activity"]
    assert ([rep["rep"] for rep in work["reps"]], work["target"]) == (["ana", "ben"], 150)


def test_calls_followed_by_a_letter(monday: Ledger) -> None:
    assert told(monday)["activity"]["emailed_same_day"] == 0.0
    with monday.writing() as session:
        later = {"created_at": NOW + timedelta(hours=1)}
        session.execute(update(Letter).where(Letter.account_id.in_((3, 8))).values(later))
    assert told(monday)["activity"]["emailed_same_day"] == 20.0, "the provider refused the other letter"


def test_promises_of_the_day(monday: Ledger) -> None:
    with monday.writing() as session:
        session.execute(update(Promise).where(Promise.amount_minor == 5_000).values(promised_on=TODAY))
    assert told(monday)["activity"]["promises"] == {"count": 1, "amounts": {"USD": "50.00"}}


def test_the_kept_rate_of_a_day(monday: Ledger) -> None:
    """The board's promises: one kept, two not, one in its grace day. Before that none was judged."""
    assert told(monday)["kept_rate"] == 33.33
    assert told(monday, TODAY - timedelta(20))["kept_rate"] is None


def voicemail(n: int, due_at: datetime, answered_at: datetime | None, state: str = "waiting") -> Voicemail:
    moments = {
        "came_at": NOW,
        "next_try_at": NOW,
        "heard_at": NOW,
        "due_at": due_at,
        "answered_at": answered_at,
    }
    ids = {"id": f"v{n}", "provider": "twilio", "ref": f"RE{n}", "call_ref": f"CA{n}"}
    return Voicemail(**ids, **moments, matched_by="number", state=state)


def test_voicemails_are_due_at_their_time(monday: Ledger) -> None:
    hour = timedelta(hours=1)
    add(
        monday,
        voicemail(1, NOW + hour, NOW, "answered"),
        voicemail(2, NOW + hour, NOW + 2 * hour, "answered"),
        voicemail(3, NOW + hour, None),
        voicemail(4, NOW + hour, None, "empty"),
        voicemail(5, NOW + 30 * hour, None),
    )
    assert told(monday, now=NOW)["activity"]["voicemails_in_time"] is None, "none was due yet"
    assert told(monday)["activity"]["voicemails_in_time"] == 33.33


def receipt(n: int, on: date, closed_on: date | None) -> Invoice:
    open_ = {"open_minor": 0 if closed_on else -100, "gross_minor": -100, "closed_on": closed_on}
    told = {"account_id": 1, "source": "bank", "number": f"R{n}", "kind": "receipt", "currency": "USD"}
    return Invoice(**told, **open_, invoiced_on=on, due_on=on)


def test_payments_applied_within_a_business_day(monday: Ledger) -> None:
    assert told(monday)["activity"]["applied_within_a_business_day"] is None
    assert "receipts" in told(monday)["explained"]["applied_within_a_business_day"]["why"]
    thursday = date(2026, 11, 19)
    add(
        monday,
        receipt(1, thursday, thursday + timedelta(1)),
        receipt(2, thursday + timedelta(1), TODAY),  # Friday to Monday
        receipt(3, thursday, TODAY),
        receipt(4, TODAY, None),  # has until tomorrow
    )
    assert told(monday)["activity"]["applied_within_a_business_day"] == 66.67


def cause(session: Session, account_id: int, name: str) -> None:
    invoices = session.scalars(
        select(Invoice).where(Invoice.account_id == account_id, Invoice.open_minor > 0)
    )
    found = [one for one in invoices if one.currency == "USD"]
    root_causes.note(session, found, name, source="call", about=None, by="ana", on=TODAY)


def test_root_causes_by_what_was_open_when_they_said_so(monday: Ledger) -> None:
    with monday.writing() as session:
        cause(session, 7, "cash_flow")
        for name in ("tax_exempt", "not_received"):
            cause(session, 5, name)
    assert told(monday)["activity"]["root_causes"] == [
        {"cause": "not_received", "accounts": 1, "currency": "USD", "amount": "5400.00"},
        {"cause": "cash_flow", "accounts": 1, "currency": "USD", "amount": "380.00"},
    ]


def line(document: dict[str, Any], step: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["campaigns"] if one["step"] == step)
    return found


def test_campaigns_stage_by_stage(monday: Ledger) -> None:
    document = told(monday)
    assert line(document, "followup_5")["calls"] == {
        "planned": 3,
        "attempted": 2,
        "reached": 2,
        "promised": 1,
        "kept": 0,
    }
    assert line(document, "statement")["mail"] == {
        "planned": 6,
        "sent": 4,
        "delivered": 2,
        "opened": 0,
        "replied": 0,
        "bounced": 1,
    }
    assert line(document, "aged_mrr")["paid_within_14_days"] == 1


@pytest.mark.parametrize(
    ("applied", "paid"),
    [
        ([("payment", 50, 3)], 1),
        ([("vanished", 100, 3)], 1),  # as interface.md has it: counted as paid
        ([("vanished", 100, 3), ("restated", -100, 3), ("payment", 100, -3)], 0),  # it came before the touch
        ([("payment", 50, 2), ("reversal", -50, 3)], 0),
        ([("credit", 100, 3)], 0),
        ([("payment", 50, 15)], 0),
    ],
)
@pytest.mark.parametrize("parent", [None, 1])
def test_who_paid_within_14_days(
    monday: Ledger, applied: list[tuple[str, int, int]], paid: int, parent: int | None
) -> None:
    """A touch of HARBOR, and an invoice of its own or of a child."""
    with monday.writing() as session:
        child = Account(number="CHILD", name="Child", parent_id=parent, created_at=NOW)
        session.add(child)
        session.flush()
        days = {"invoiced_on": TODAY - timedelta(40), "due_on": TODAY - timedelta(10)}
        told = {
            "account_id": child.id if parent else 1,
            "source": "ledger",
            "number": "C-1",
            "currency": "USD",
        }
        invoice = Invoice(**told, **days, gross_minor=100, open_minor=0)
        session.add(invoice)
        session.flush()
        for kind, amount, after in applied:
            on = {"dated_on": TODAY + timedelta(after), "recorded_at": NOW}
            session.add(Application(invoice_id=invoice.id, kind=kind, amount_minor=amount, **on))
    with monday.reading() as session:
        campaign = Campaign(TODAY, "followup_5")
        assert campaigns.count_paid(session, campaign) == paid
        assert session.scalars(campaigns.payers(campaign)).all() == [1] * paid
        assert dict(session.execute(campaigns.paid(TODAY)).all()).get("followup_5", 0) == paid
        later = campaigns.paid_by(session, TODAY, TODAY + timedelta(14))
        assert later.get(campaign, 0) == paid


def test_a_campaigns_promise_is_kept_later(monday: Ledger) -> None:
    with monday.writing() as session:
        invoice_id = session.scalars(select(Invoice.id).where(Invoice.number == "INV-1001")).one()
        days = {"promised_on": TODAY, "due_on": TODAY + timedelta(1), "grace_on": TODAY + timedelta(2)}
        words = {"source": "call", "taken_by": "ana", "words": "tomorrow", "attempt_id": "call2"}
        promise = Promise(account_id=1, amount_minor=120_000, currency="USD", created_at=NOW, **days, **words)
        session.add(promise)
        session.flush()
        ids = {"account_id": 1, "invoice_id": invoice_id, "promise_id": promise.id}
        session.add(PromiseInvoice(promise_id=promise.id, invoice_id=invoice_id))
        session.add(Hold(kind="promise", since=TODAY, **ids))
        paid = {"amount_minor": 120_000, "kind": "payment", "dated_on": TODAY + timedelta(2)}
        session.add(Application(invoice_id=invoice_id, recorded_at=NOW, **paid))
        session.add(imported(SOON))
    settle(monday, NOW + timedelta(3))
    after = line(told(monday, SOON), "followup_5")
    assert (after["day"], after["calls"]["kept"], after["paid_within_14_days"]) == ("2026-11-23", 1, 1)
    assert line(told(monday), "followup_5")["calls"]["kept"] == 0, "not on the day itself"
    assert line(told(monday), "followup_5")["paid_within_14_days"] == 0
    assert told(monday, TODAY + timedelta(14))["campaigns"] == []


def test_who_was_not_contacted_on_a_day(monday: Ledger) -> None:
    assert told(monday)["not_contacted"] == [
        {"reason": "held by dispute", "group": "They said something", "accounts": 1},
        {"reason": "no rep", "group": "For us to mend", "accounts": 1},
    ]
    before = told(monday, TODAY - timedelta(1))["not_contacted"]
    assert before == [{"reason": "no rep", "group": "For us to mend", "accounts": 1}]


def test_the_shortest_list_that_closes_the_gap(monday: Ledger) -> None:
    policy = '[organization]\nname = "M"\nzone = "America/Los_Angeles"\n[targets]\noverdue_31 = 1000.00\n'
    with monday.writing() as session:
        policies.load(session, policy, actor="test", why="a harder target", now=NOW)
    late = told(monday)["over_31"]
    assert (late["met"], late["closing"]["gap"]) == (False, "14700.00")
    assert [one["account"] for one in late["closing"]["accounts"]] == ["RIDGE"]


def printed(ledger: Ledger, on: date = TODAY) -> dict[str, Any]:
    return print_figures(ledger, on, now=EVENING, actor="op")


def test_what_is_printed_is_kept(monday: Ledger) -> None:
    documents = [printed(monday), printed(monday)]
    with monday.reading() as session:
        rows = session.scalars(select(PrintedFigures).order_by(PrintedFigures.id)).all()
        assert [row.document for row in rows] == documents
        assert {(row.as_of, row.known_at, row.actor) for row in rows} == {(TODAY, EVENING, "op")}
    assert [one["recorded_since"] for one in documents] == [None, None]


def test_another_figure_for_the_same_day_says_what_came_since(monday: Ledger) -> None:
    printed(monday)
    with monday.writing() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == "INV-0900")).one()
        invoice.open_minor = 0
        file = imported(SOON)
        session.add(file)
        session.flush()
        came = {"invoice_id": invoice.id, "kind": "payment", "import_id": file.id, "recorded_at": EVENING}
        session.add(Application(amount_minor=300_000, dated_on=TODAY - timedelta(1), **came))
        session.add(Application(amount_minor=100_000, dated_on=SOON, **came))
        session.add_all(sales((date(2026, 11, 1), 5)))
        session.execute(update(CreditSales).values(stated_at=EVENING + timedelta(minutes=1)))
    since = printed(monday)["recorded_since"]
    assert since["known_at"] == EVENING.isoformat()
    assert [(one["invoice"], one["amount"], one["dated_on"]) for one in since["applications"]] == [
        ("INV-0900", "3000.00", "2026-11-22")
    ], "not what was applied after the day"
    assert since["applications_in_all"] == 1
    assert [one["file"] for one in since["imports"]] == ["2026-11-26.csv"]
    assert since["credit_sales"] == [{"month": "2026-11", "currency": "USD", "amount": "5.00"}]
    assert printed(monday)["recorded_since"] is None, "the last printing knew it"


def test_what_people_do_all_day_is_no_other_figure(monday: Ledger) -> None:
    printed(monday)
    with monday.writing() as session:
        cause(session, 7, "cash_flow")
    assert printed(monday)["recorded_since"] is None
