"""A file comes in: what is created, updated, closed; what is refused; and nothing twice."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.intake.importing import parse_control_total
from outreach.intake.problems import FileRefused
from outreach.ledger import tie_outs
from outreach.ledger.commitments import Dispute, Hold
from outreach.ledger.imports import Import, StagedInvoice, StagedMention
from outreach.ledger.log import LogEntry
from outreach.ledger.naming import Unclear
from outreach.ledger.people import User
from outreach.ledger.receivables import Application, Invoice
from outreach.ledger.standing import House
from outreach.ledger.verification import verify
from tests.intake.conftest import AS_OF, Books
from tests.intake.files import HEADER, IBM, QUICKBOOKS, write

DAY = timedelta(days=1)


def snapshot(folder: Path, opens: dict[str, str], *, name: str = "open.csv", account: str = "HARBOR") -> Path:
    """A snapshot of invoices of one account: number -> what is open."""
    rows = (f'{account},{number},2026-10-01,2026-10-31,"{open_}"' for number, open_ in opens.items())
    return write(folder, HEADER, *rows, name=name)


def many(count: int, amount: str = "10.00") -> dict[str, str]:
    return {f"I{n:03}": amount for n in range(count)}


@pytest.mark.skipif(not IBM.exists(), reason="../shared/data is not here")
def test_the_ibm_history_gives_the_golden_figures(books: Books) -> None:
    found = books.bring(IBM, as_of=date(2013, 6, 30)).document()
    assert found["rows"] == 2466
    assert found["open"] == {"invoices": 84, "credits": 0, "accounts": 52}
    assert found["open_total"] == {"USD": "5119.85"}
    assert found["overdue"] == {"invoices": 12, "disputed": 8, "total": {"USD": "835.56"}}
    assert (found["date_order"], found["problems"]) == ("mdy", [])
    opens = {row.number: row for row in books.invoices().values() if row.open_minor}
    assert len(opens) == 84
    assert sum(row.open_minor for row in opens.values()) == 511985
    with books.ledger.reading() as session:
        assert session.scalar(select(func.count()).select_from(Hold).where(Hold.ended_on.is_(None))) == sum(
            1 for row in session.scalars(select(Dispute)) if row.resolved_on is None
        )
        assert not list(verify(session))


@pytest.mark.skipif(not IBM.exists(), reason="../shared/data is not here")
def test_a_later_day_of_the_history_closes_what_was_paid_and_an_earlier_one_changes_nothing(
    books: Books,
) -> None:
    books.bring(IBM, as_of=date(2013, 6, 30))
    later = books.bring(IBM, as_of=date(2013, 7, 31)).document()
    assert later["invoices"]["closed"] > 50
    before = books.dump()
    again = books.bring(IBM, as_of=date(2013, 6, 30)).document()
    assert again["invoices"]["created"] == again["invoices"]["updated"] == again["invoices"]["closed"] == 0
    assert books.dump() == before
    known = {n for n, row in books.invoices().items() if row.invoiced_on <= date(2013, 6, 30)}
    assert len(known & books.open_on(date(2013, 6, 30)).keys()) == 84


@pytest.mark.skipif(not QUICKBOOKS.exists(), reason="../shared/data is not here")
def test_the_quickbooks_report_gives_the_golden_figures(books: Books) -> None:
    found = books.bring(QUICKBOOKS, as_of=None).document()
    assert found["as_of"] == "2026-07-25"
    assert found["open"] == {"invoices": 3, "credits": 1, "accounts": 4}
    assert found["open_total"] == {"USD": "1400.00"}
    assert found["columns"]["open_amount"] == "Open balance"
    assert books.invoices()["SC-1"].kind == "credit"
    assert books.invoices()["SC-1"].due_on == date(2023, 1, 23)
    assert books.open_on(date(2026, 7, 25)) == {"SC-1": -10000, "SI-1": 80000, "SI-2": 50000, "SI-3": 20000}


def test_the_same_file_three_times_leaves_the_same_database(books: Books, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "Customer ID,Name,Invoice,Invoice date,Due date,Amount,Open amount,Disputed,Rep,Parent,Kind,"
        "Contact,Phone,Email",
        "H,Harbor,1,2026-09-01,2026-10-01,100,80,No,ana,GROUP,mrr,Dana,+1 212 555 0101,dana@example.com",
        "H,Harbor,2,2026-09-01,2026-10-01,100,100,Yes,ana,GROUP,,Dana,+1 212 555 0101,dana@example.com",
        "N,Northfield,3,2026-09-01,2026-10-01,100,100,Yes,ben,,final,,,",
        "N,Northfield,4,2026-09-01,2026-10-01,100,nonsense,Yes,ben,,,,,",
        "N,Northfield,5,2026-09-01,,-30,-30,,ben,,,,,",
    )
    first = books.bring(path).document()
    assert first["invoices"] | {"unchanged": 0} == first["invoices"]
    assert (first["invoices"]["created"], first["accounts"]["created"]) == (4, 3)
    before = books.dump()
    for _ in range(2):
        again = books.bring(path).document()
        assert again["invoices"]["unchanged"] == 4
        assert again["accounts"] == {"created": 0, "updated": 0, "unchanged": 2}
        assert again["contacts"] == {"created": 0, "updated": 0, "unchanged": 1}
        assert again["problems"] == first["problems"]
    assert books.dump() == before


def test_a_dry_run_tells_and_writes_nothing(books: Books, tmp_path: Path) -> None:
    before = books.dump()
    told = books.bring(snapshot(tmp_path, many(5)), dry_run=True).document()
    assert (told["invoices"]["created"], told["accounts"]["created"], told["dry_run"]) == (5, 1, True)
    assert books.dump() == before
    books.bring(snapshot(tmp_path, many(5)))
    before = books.dump()
    told = books.bring(
        snapshot(tmp_path, many(4) | {"NEW": "1.00"}), as_of=AS_OF + DAY, dry_run=True
    ).document()
    assert (told["invoices"]["created"], told["invoices"]["vanished"], told["invoices"]["unchanged"]) == (
        1,
        1,
        4,
    )
    assert books.dump() == before


def test_bad_rows_are_reported_with_line_column_value_and_why_and_stop_no_other(
    books: Books, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        HEADER,
        "A,1,2026-10-01,2026-10-31,10.00",
        "A,2,2026-10-01,31/02/2026,10.00",
        'A,3,2026-10-01,2026-10-31,"1,23"',
        "A,4,2026-10-01,2026-10-31,1,234.56",
        ",5,2026-10-01,2026-10-31,10.00",
        "A,6,2026-10-01",
        "A,7,2026-10-01,2026-10-31,20.00",
    )
    found = books.bring(path).document()
    assert [(p["line"], p["column"], p["value"]) for p in found["problems"]] == [
        (3, "Due date", "31/02/2026"),
        (4, "Open amount", "1,23"),
        (5, "", "A"),
        (6, "Customer ID", ""),
        (7, "", "A"),
    ]
    assert all(problem["why"] for problem in found["problems"])
    assert found["rows"] == 7
    assert list(books.invoices()) == ["1", "7"]


def test_a_file_without_one_good_row_is_refused_with_the_first_problem(books: Books, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"No row of .* line 2, Open amount: not an amount"):
        books.bring(write(tmp_path, HEADER, "A,1,2026-10-01,2026-10-31,ten"))
    assert not books.invoices()


def test_what_a_snapshot_lacks_has_vanished_and_counts_as_paid(books: Books, tmp_path: Path) -> None:
    books.bring(snapshot(tmp_path, many(10)))
    found = books.bring(snapshot(tmp_path, many(8)), as_of=AS_OF + DAY).document()
    assert found["invoices"]["closed"] == found["invoices"]["vanished"] == 2
    lost = {"invoices": 2, "total": {"USD": "20.00"}, "share": "0.2000", "half_a_file": False}
    assert found["vanished"] == lost
    assert (found["open_before"], found["open_after"]) == ({"USD": "100.00"}, {"USD": "80.00"})
    assert [move["after"] for move in found["largest_moves"]] == ["0.00", "0.00"]
    gone = books.invoices()["I009"]
    assert (gone.open_minor, gone.closed_on, gone.closed_why) == (0, AS_OF + DAY, "vanished")
    assert len(books.open_on(AS_OF)) == 10
    assert len(books.open_on(AS_OF + DAY)) == 8


@pytest.mark.parametrize(
    ("opens", "what"),
    [
        (many(7), "3 of the 10"),
        ({f"I{n:03}": "10.00" for n in range(1, 10)}, "1 of the 10"),
        ({}, "10 of the 10"),
    ],
)
def test_half_a_file_does_not_close_half_the_ledger(
    books: Books, tmp_path: Path, opens: dict[str, str], what: str
) -> None:
    books.bring(snapshot(tmp_path, many(9) | {"I000": "90.00", "I009": "10.00"}))
    before = [row.open_minor for row in books.invoices().values()]
    path = snapshot(tmp_path, opens)
    with pytest.raises(FileRefused, match=rf"lacks {what} open invoices .*more than 20 %.*--accept-closed"):
        books.bring(path, as_of=AS_OF + DAY)
    assert [row.open_minor for row in books.invoices().values()] == before
    with books.ledger.reading() as session:
        assert not session.scalars(select(StagedInvoice)).all()
        assert [row.state for row in session.scalars(select(Import).order_by(Import.id))] == [
            "applied",
            "refused",
        ]
    found = books.bring(path, as_of=AS_OF + DAY, accept_closed=True)
    assert found.applied.vanished == int(what.split()[0])


def test_each_source_has_its_own_snapshots(books: Books, tmp_path: Path) -> None:
    books.bring(snapshot(tmp_path, many(5)))
    books.bring(snapshot(tmp_path, {"X": "1.00"}), source="other", as_of=AS_OF + DAY)
    assert len(books.open_on(AS_OF + DAY)) == 5
    assert len(books.open_on(AS_OF + DAY, "other")) == 1


def test_a_row_that_is_left_out_has_not_vanished(books: Books, tmp_path: Path) -> None:
    books.bring(snapshot(tmp_path, many(10)))
    books.bring(snapshot(tmp_path, many(10) | {"I004": "1e3"}), as_of=AS_OF + DAY)
    assert books.invoices()["I004"].open_minor == 1000
    nameless = write(
        tmp_path, HEADER, *(f"HARBOR,I{n:03},2026-10-01,2026-10-31,10" for n in range(9)), "HARBOR,,x,y,10"
    )
    books.bring(nameless, as_of=AS_OF + 2 * DAY)
    assert books.invoices()["I009"].open_minor == 1000
    with books.ledger.reading() as session:
        assert not session.scalars(select(StagedMention)).all()


def test_what_a_late_file_adds_has_gone_by_the_next_snapshot_and_that_is_said(
    books: Books, tmp_path: Path
) -> None:
    books.bring(snapshot(tmp_path, {"A": "1.00"}), as_of=AS_OF + DAY)
    found = books.bring(snapshot(tmp_path, {"A": "3.00", "B": "2.00"}))
    assert found.warnings == [
        "A file of 2026-11-21 came before this one, so only its amounts were brought in.",
        "1 of its invoices are not in the file of 2026-11-21: paid by then.",
    ]
    assert books.open_on(AS_OF) == {"A": 300, "B": 200}
    assert books.open_on(AS_OF + DAY) == {"A": 100}


def test_a_part_payment_and_a_full_one(books: Books, tmp_path: Path) -> None:
    books.bring(snapshot(tmp_path, {"A": "100.00", "B": "50.00"}))
    found = books.bring(snapshot(tmp_path, {"A": "40.00", "B": "0.00"}), as_of=AS_OF + DAY).document()
    assert (found["invoices"]["updated"], found["invoices"]["closed"]) == (1, 1)
    assert books.open_on(AS_OF) == {"A": 10000, "B": 5000}
    assert books.open_on(AS_OF + DAY) == {"A": 4000}
    paid = books.invoices()["B"]
    assert (paid.closed_why, paid.closed_on, paid.reopened) == ("paid", AS_OF + DAY, 0)


def test_a_reappearing_invoice_reopens_at_its_true_days_past_due(books: Books, tmp_path: Path) -> None:
    books.bring(snapshot(tmp_path, many(10)))
    books.bring(snapshot(tmp_path, many(9)), as_of=AS_OF + DAY)
    with books.ledger.writing() as session:
        session.scalars(select(Invoice).where(Invoice.number == "I009")).one().ladder = 4
    found = books.bring(snapshot(tmp_path, many(10)), as_of=AS_OF + 2 * DAY).document()
    assert found["invoices"]["reopened"] == 1
    again = books.invoices()["I009"]
    assert (again.open_minor, again.reopened, again.ladder, again.closed_on) == (1000, 1, 0, None)
    assert again.due_on == date(2026, 10, 31)
    assert [len(books.open_on(AS_OF + n * DAY)) for n in range(3)] == [10, 9, 10]


def test_a_payment_that_bounced_makes_a_new_cycle_and_a_part_payment_does_not(
    books: Books, tmp_path: Path
) -> None:
    books.bring(snapshot(tmp_path, {"A": "100.00"}))
    books.bring(snapshot(tmp_path, {"A": "40.00"}), as_of=AS_OF + DAY)
    assert books.invoices()["A"].reopened == 0
    books.bring(snapshot(tmp_path, {"A": "100.00"}), as_of=AS_OF + 2 * DAY)
    assert books.invoices()["A"].reopened == 1
    with books.ledger.reading() as session:
        assert session.scalars(select(Application.kind).order_by(Application.id)).all() == [
            "payment",
            "reversal",
        ]


def test_a_changed_due_date_makes_a_new_cycle(books: Books, tmp_path: Path) -> None:
    books.bring(snapshot(tmp_path, {"A": "100.00"}))
    with books.ledger.writing() as session:
        session.scalars(select(Invoice)).one().ladder = 3
    moved = write(tmp_path, HEADER, "HARBOR,A,2026-10-01,2026-11-15,100.00")
    assert books.bring(moved, as_of=AS_OF + DAY).applied.invoices["updated"] == 1
    row = books.invoices()["A"]
    assert (row.due_on, row.ladder, row.reopened) == (date(2026, 11, 15), 0, 0)


def history(folder: Path, settled: str) -> Path:
    header = "Customer ID,Invoice number,Invoice date,Due date,Amount,Settled date"
    return write(folder, header, f"HARBOR,A,2026-10-01,2026-10-31,100.00,{settled}")


def test_a_history_dates_payments_and_takes_them_back(books: Books, tmp_path: Path) -> None:
    paid_on = AS_OF - 3 * DAY
    books.bring(history(tmp_path, paid_on.isoformat()))
    assert books.invoices()["A"].closed_on == paid_on
    assert books.open_on(paid_on - DAY) == {"A": 10000}
    assert not books.open_on(paid_on)
    books.bring(history(tmp_path, (paid_on + DAY).isoformat()))
    assert books.invoices()["A"].closed_on == paid_on + DAY
    assert books.open_on(paid_on) == {"A": 10000}
    found = books.bring(history(tmp_path, ""))
    assert found.applied.invoices["reopened"] == 1
    assert books.open_on(AS_OF) == {"A": 10000}
    assert books.invoices()["A"].reopened == 1


def test_what_a_history_says_of_days_after_its_own_is_not_known_yet(books: Books, tmp_path: Path) -> None:
    books.bring(history(tmp_path, (AS_OF + DAY).isoformat()))
    assert books.invoices()["A"].open_minor == 10000
    found = books.bring(history(tmp_path, ""), as_of=date(2026, 9, 30)).document()
    assert "1 rows are dated after the file's own date; they are not known yet" in found["warnings"][0]


def test_post_dated_rows_of_a_snapshot_are_kept_with_a_warning(books: Books, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, "HARBOR,A,2026-12-01,2026-12-31,100.00")
    assert "1 rows are dated after the file's own date; they are kept" in books.bring(path).warnings[0]
    assert books.invoices()["A"].open_minor == 10000


def disputed(folder: Path, word: str, open_: str = "100.00") -> Path:
    return write(folder, [*HEADER, "Disputed"], f"HARBOR,A,2026-10-01,2026-10-31,{open_},{word}")


def test_disputed_is_an_open_dispute_on_the_whole_invoice_until_the_file_says_otherwise(
    books: Books, tmp_path: Path
) -> None:
    def standing() -> list[tuple[str, int | None]]:
        with books.ledger.reading() as session:
            query = select(Hold.kind, Hold.amount_minor).where(Hold.ended_on.is_(None))
            return [(row.kind, row.amount_minor) for row in session.execute(query)]

    books.bring(disputed(tmp_path, "Yes"))
    assert standing() == [("dispute", None)]
    books.bring(disputed(tmp_path, ""), as_of=AS_OF + DAY)
    assert standing() == [("dispute", None)]
    books.bring(disputed(tmp_path, "No"), as_of=AS_OF + DAY)
    assert standing() == []
    books.bring(disputed(tmp_path, "Yes"), as_of=AS_OF + DAY)
    books.bring(disputed(tmp_path, "Yes", "0.00"), as_of=AS_OF + 2 * DAY)
    assert standing() == []


@pytest.mark.parametrize(
    ("earlier", "since"),
    [
        (["Yes"], AS_OF),
        (["No"], AS_OF + 9 * DAY),
        (["Yes", "No"], AS_OF + 9 * DAY),  # there was an end between the two
        (["Yes", "Yes"], AS_OF),
    ],
)
def test_a_late_file_dates_the_dispute_that_stands(
    books: Books, tmp_path: Path, earlier: list[str], since: date
) -> None:
    """What was disputed on a past day is the same in whatever order the files came."""
    books.bring(disputed(tmp_path, "Yes"), as_of=AS_OF + 9 * DAY)
    for late in reversed(range(len(earlier))):
        books.bring(disputed(tmp_path, earlier[late]), as_of=AS_OF + late * DAY)
    with books.ledger.reading() as session:
        found = session.execute(select(Dispute.opened_on, Hold.since).join(Hold)).one()
    assert tuple(found) == (since, since)


def test_a_dispute_that_a_person_opened_is_not_the_files_to_resolve(books: Books, tmp_path: Path) -> None:
    books.bring(disputed(tmp_path, "No"))
    row = books.invoices()["A"]
    with books.ledger.writing() as session:
        made = {"account_id": row.account_id, "invoice_id": row.id, "created_at": books.clock.now()}
        session.add(Dispute(reason="price", source="call", opened_on=AS_OF, **made))
    books.bring(disputed(tmp_path, "Yes"), as_of=AS_OF + DAY)
    books.bring(disputed(tmp_path, "No"), as_of=AS_OF + 2 * DAY)
    with books.ledger.reading() as session:
        assert [(d.source, d.resolved_on) for d in session.scalars(select(Dispute))] == [("call", None)]


def test_rows_that_repeat_count_once_and_rows_that_contradict_are_left_out(
    books: Books, tmp_path: Path
) -> None:
    books.bring(snapshot(tmp_path, {"A": "10.00", "B": "10.00", "C": "10.00"}))
    row = "HARBOR,{},2026-10-01,2026-10-31,{}"
    path = write(
        tmp_path,
        HEADER,
        *(
            row.format(*cells)
            for cells in [("A", "9"), ("B", "8"), ("A", "9"), ("B", "7"), ("C", "6"), ("B", "8")]
        ),
    )
    found = books.bring(path, as_of=AS_OF + DAY).document()
    assert [problem["line"] for problem in found["problems"]] == [3, 5]
    assert "2 rows repeat an invoice, as line items do; each invoice counts once." in found["warnings"]
    assert {n: r.open_minor for n, r in books.invoices().items()} == {"A": 900, "B": 1000, "C": 600}


def test_currencies_are_never_added(books: Books, tmp_path: Path) -> None:
    row = "HARBOR,{},2026-10-01,2026-10-31,{},{}"
    rows = [row.format("A", "10.00", "USD"), row.format("B", "1000", "JPY"), row.format("C", "2.00", "usd")]
    found = books.bring(write(tmp_path, [*HEADER, "Currency"], *rows)).document()
    assert found["open_total"] == {"JPY": "1000", "USD": "12.00"}
    assert found["open_after"] == {"JPY": "1000", "USD": "12.00"}
    assert [(move["invoice"], move["after"]) for move in found["largest_moves"]] == [
        ("B", "1000"),
        ("A", "10.00"),
        ("C", "2.00"),
    ]


def test_an_invoice_that_changes_its_currency_leaves_the_one_and_enters_the_other(
    books: Books, tmp_path: Path
) -> None:
    row = "HARBOR,A,2026-10-01,2026-10-31,{},{}"
    books.bring(write(tmp_path, [*HEADER, "Currency"], row.format("10.00", "USD")))
    after = write(tmp_path, [*HEADER, "Currency"], row.format("1000", "JPY"))
    found = books.bring(after, as_of=AS_OF + DAY).document()
    assert found["open_before"] == {"USD": "10.00"}
    assert found["open_after"] == {"JPY": "1000", "USD": "0.00"}


def test_amounts_of_three_decimals_are_kept_or_rounded_half_up(books: Books, tmp_path: Path) -> None:
    row = "HARBOR,{},2026-10-01,2026-10-31,{},{}"
    amounts = (("A", "1.2345", "KWD"), ("B", "1.234", "KWD"), ("C", "1.005", "USD"), ("D", "(1.005)", "USD"))
    found = books.bring(write(tmp_path, [*HEADER, "Currency"], *(row.format(*one) for one in amounts)))
    assert {n: r.open_minor for n, r in books.invoices().items()} == {
        "A": 1235,
        "B": 1234,
        "C": 101,
        "D": -101,
    }
    assert "3 amounts have more decimals" in " ".join(found.warnings)


def test_a_payment_that_is_taken_back_reopens_at_the_true_days_past_due(books: Books, tmp_path: Path) -> None:
    """A negative payment: what was paid in part or whole is owed again, from its old due date on."""
    row = "HARBOR,A,2026-10-01,2026-10-31,100.00,{}"
    header = [*HEADER[:4], "Amount", "Open amount"]
    for day, open_ in enumerate(("100.00", "0.00", "100.00")):
        books.bring(write(tmp_path, header, row.format(open_)), as_of=AS_OF + day * DAY)
    again = books.invoices()["A"]
    assert (again.open_minor, again.reopened, again.due_on) == (10000, 1, date(2026, 10, 31))
    with books.ledger.reading() as session:
        told = session.execute(select(Application.kind, Application.amount_minor).order_by(Application.id))
        assert [tuple(one) for one in told] == [("payment", 10000), ("reversal", -10000)]


def test_a_control_total_that_differs_stops_statements_and_one_that_agrees_does_not(
    books: Books, tmp_path: Path
) -> None:
    path = snapshot(tmp_path, many(3))
    found = books.bring(path, control_totals=dict([parse_control_total("USD=30.00")]))
    with books.ledger.reading() as session:
        assert not House.read(session).untied
    assert not found.differences
    found = books.bring(path, control_totals=dict([parse_control_total("USD=1,030.00")]))
    assert found.document()["control_totals"] == {"USD": {"expected": "1030.00", "found": "30.00"}}
    assert "differs by 1,000.00 USD" in found.warnings[-1]
    with books.ledger.reading() as session:
        assert House.read(session).untied == path.name
        [(kept, of)] = tie_outs.listed(session)
        assert (kept.words, of.file_name) == ("1,030.00 USD expected, 30.00 USD found", path.name)


def test_the_same_difference_again_is_kept_once_and_goes_with_a_dry_run(books: Books, tmp_path: Path) -> None:
    path, totals = snapshot(tmp_path, many(3)), {"USD": 103000}
    for _ in range(2):
        books.bring(path, control_totals=totals, dry_run=True)
        books.bring(path, control_totals=totals)
    with books.ledger.reading() as session:
        assert len(tie_outs.listed(session)) == 1


def test_a_supervisor_acknowledges_a_difference_and_nobody_else(books: Books, tmp_path: Path) -> None:
    found = books.bring(snapshot(tmp_path, many(3)), control_totals={"USD": 103000, "EUR": 1})
    with books.ledger.writing() as session:
        boss = {"role": "supervisor", "password_hash": "-", "created_at": books.clock.now(), "active": True}
        session.add(User(login="sam", name="Sam", **boss))

    def acknowledge(by: str, why: str = "a late posting", import_id: int = found.import_id) -> int:
        with books.ledger.writing() as session:
            return tie_outs.acknowledge(session, import_id, by=by, why=why, now=books.clock.now())

    for wrong in ({"by": "ana"}, {"by": "zoe"}, {"by": "sam", "why": " "}, {"by": "sam", "import_id": 99}):
        with pytest.raises(Unclear):
            acknowledge(**wrong)
    assert acknowledge("sam") == 2
    with books.ledger.reading() as session:
        assert not House.read(session).untied
        last = session.scalars(select(LogEntry).order_by(LogEntry.id.desc())).first()
        assert last
        assert (last.actor, last.what) == ("sam", "difference acknowledged")
    with pytest.raises(Unclear, match="no difference"):
        acknowledge("sam")


@pytest.mark.parametrize("text", ["USD", "USD=", "=5", "dollars=5", "USD=five", "usd=5"])
def test_a_control_total_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(FileRefused, match=r"write it such as USD=1234\.50"):
        parse_control_total(text)


def test_the_files_own_total_is_compared(books: Books, tmp_path: Path) -> None:
    rows = ["HARBOR,A,2026-10-01,2026-10-31,10.00", "HARBOR,B,2026-10-01,2026-10-31,x", "Total,,,,25.00"]
    found = books.bring(write(tmp_path, HEADER, *rows))
    assert "Line 4 of the file says the total is 25.00 USD; its good rows make 10.00 USD." in found.warnings


def test_the_date_of_a_file_is_the_option_else_its_title_else_today(books: Books, tmp_path: Path) -> None:
    path = write(tmp_path, "As of 11/05/2026,,,,", HEADER, "HARBOR,A,10/01/2026,10/31/2026,5")
    assert books.bring(path, as_of=date(2026, 11, 10)).as_of == date(2026, 11, 10)
    assert books.bring(path, as_of=None).as_of == date(2026, 11, 5)
    assert books.bring(snapshot(tmp_path, {"A": "5"}), as_of=None).as_of == AS_OF
    unsaid = write(tmp_path, "As of the end of the month,,,,", HEADER, "HARBOR,A,10/01/2026,10/31/2026,5")
    found = books.bring(unsaid, as_of=None)
    assert found.as_of == AS_OF
    assert "The title says as of the end of the month" in found.warnings[0]
    assert "lies ahead" in books.bring(path, as_of=date(2062, 11, 20)).warnings[-1]


def test_the_log_tells_who_brought_what_and_holds(books: Books, tmp_path: Path) -> None:
    books.bring(snapshot(tmp_path, many(5)))
    books.bring(snapshot(tmp_path, many(4)), as_of=AS_OF + DAY)
    with books.ledger.reading() as session:
        entries = session.scalars(select(LogEntry).order_by(LogEntry.id)).all()
        told = [(entry.what, entry.actor, entry.invoices) for entry in entries]
        assert not list(verify(session))
    assert told == [
        ("invoices imported", "op", list(many(5))),
        ("file imported", "op", []),
        ("invoices vanished", "op", ["I004"]),
        ("file imported", "op", []),
    ]
