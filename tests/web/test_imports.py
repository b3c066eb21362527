"""Files by the page: looked at, read another way, applied once, and never a traceback."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import select

from outreach.intake import receiving, uploads
from outreach.intake.run import Source
from outreach.ledger import policies, tie_outs
from outreach.ledger.base import Ledger
from outreach.ledger.imports import Import, StagedInvoice
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.standing import House
from outreach.ledger.uploads import Upload
from outreach.office import Office
from outreach.web import access
from tests.web.conftest import Person, SignedIn
from tests.web.uploading import HEADER, ROWS, content, last, put, worked


@pytest.fixture
def sam(signed_in: SignedIn) -> Person:
    return signed_in("sam")


def see(person: Person, upload: Upload) -> str:
    return person.get(f"/imports/{upload.id}").text


def say(person: Person, upload: Upload, what: str, **form: object) -> Any:
    return person.post(f"/imports/{upload.id}/{what}", round=upload.round, **form)


def numbers(ledger: Ledger) -> set[str]:
    with ledger.reading() as session:
        return set(session.scalars(select(Invoice.number).join(Account).where(Invoice.source == "other")))


def test_a_file_is_looked_at_and_then_applied(office: Office, ledger: Ledger, sam: Person) -> None:
    answer = put(sam, content(*ROWS))
    assert answer.status_code == 303
    assert "is being read" in sam.get(answer.location).text
    it = worked(office)
    page = see(sam, it)
    assert numbers(ledger) == set(), "nothing has changed yet"
    for words in ("nothing is changed yet", "31/02/2026", "New &amp; Sons", "1,350.00 USD", "N-1"):
        assert words in page
    assert say(sam, it, "apply").location == answer.location
    assert "is being applied" in see(sam, it)
    it = worked(office)
    assert (it.state, it.said, it.applied_by) == ("applied", None, "sam")
    assert "applied by sam" in see(sam, it)
    assert numbers(ledger) == {"INV-1001", "N-1"}
    with ledger.reading() as session:
        assert session.scalars(select(StagedInvoice)).first() is None
        done = session.scalars(select(Import).where(Import.source == "other")).one()
    assert (done.state, done.actor, done.file_name) == ("applied", "sam", "open.csv")


def test_what_is_shown_is_what_is_applied(office: Office, sam: Person) -> None:
    put(sam, content(*ROWS))
    shown = worked(office).preview
    say(sam, last(office), "apply")
    done = worked(office).result
    assert shown is not None
    assert done is not None
    told = ("accounts", "invoices", "open_before", "open_after", "largest_moves", "problems", "columns")
    assert {name: done[name] for name in told} == {name: shown[name] for name in told}


def test_one_upload_is_applied_once_however_often_it_is_asked_for(
    office: Office, signed_in: SignedIn
) -> None:
    sam, ada = signed_in("sam"), signed_in("ada")
    put(sam, content(*ROWS))
    it = worked(office)
    say(sam, it, "apply")
    say(ada, it, "apply")
    assert "Somebody was here before you" in see(ada, it)
    assert worked(office).applied_by == "sam"
    say(ada, it, "apply")
    say(ada, it, "columns")
    say(ada, it, "discard")
    after = worked(office)
    assert (after.state, after.applied_by) == ("applied", "sam")
    with office.ledger.reading() as session:
        assert len(session.scalars(select(Import).where(Import.source == "other")).all()) == 1


def test_two_workers_at_once_apply_once(office: Office, sam: Person) -> None:
    put(sam, content(*ROWS))
    say(sam, worked(office), "apply")
    started = threading.Barrier(2)

    def turn() -> None:
        started.wait()
        uploads.work(office.ledger, office.clock, office.files, lambda _: None)

    threads = [threading.Thread(target=turn) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert worked(office).state == "applied"
    with office.ledger.reading() as session:
        assert len(session.scalars(select(Import).where(Import.source == "other")).all()) == 1


def test_a_ledger_that_changed_since_is_told_anew_before_anything_is_applied(
    office: Office, ledger: Ledger, sam: Person
) -> None:
    put(sam, content(*ROWS))
    first = worked(office)
    put(sam, content(ROWS[0]))
    uploads.work(ledger, office.clock, office.files, lambda _: None)
    with ledger.reading() as session:
        second = session.scalars(select(Upload).where(Upload.id != first.id)).one()
    say(sam, second, "apply")
    uploads.work(ledger, office.clock, office.files, lambda _: None)
    assert numbers(ledger) == {"INV-1001"}
    say(sam, first, "apply")
    uploads.work(ledger, office.clock, office.files, lambda _: None)
    with ledger.reading() as session:
        again = session.get_one(Upload, first.id)
    assert (again.state, again.round) == ("previewed", 2)
    assert again.preview
    assert again.preview["invoices"]["unchanged"] == 1
    assert "worked out anew" in see(sam, again)
    assert numbers(ledger) == {"INV-1001"}
    say(sam, first, "apply")
    assert "Somebody was here before you" in see(sam, again), "the old preview cannot be applied any more"
    say(sam, again, "apply")
    uploads.work(ledger, office.clock, office.files, lambda _: None)
    assert numbers(ledger) == {"INV-1001", "N-1"}


def test_a_person_says_which_column_is_which(office: Office, ledger: Ledger, sam: Person) -> None:
    header = HEADER.replace("Due date", "Fällig am").replace("Customer name", "Name")
    put(sam, content(*ROWS[:2], header=header))
    it = worked(office)
    assert it.state == "refused"
    page = see(sam, it)
    assert "has no column for due_on" in page
    assert "<option >Fällig am</option>" in page
    assert it.preview
    form = dict.fromkeys(("account", "name", "invoice", "invoiced_on", "open_amount"), "")
    form |= {**it.preview["columns"], "due_on": "Fällig am"}
    say(sam, it, "columns", **form)
    it = worked(office)
    assert (it.state, it.columns) == ("previewed", {"due_on": "Fällig am"})
    say(sam, it, "columns", **{**form, "name": ""})
    it = worked(office)
    assert it.columns == {"due_on": "Fällig am", "name": ""}
    say(sam, it, "apply")
    assert worked(office).state == "applied"
    with ledger.reading() as session:
        assert session.scalars(select(Account.name).where(Account.number == "NEW")).one() == "NEW"


def test_dates_that_could_be_read_two_ways_are_asked_about(office: Office, sam: Person) -> None:
    put(sam, content("HARBOR,Harbor,A-1,03/04/2026,05/06/2026,10"))
    it = worked(office)
    assert it.state == "refused"
    assert "date-order" in see(sam, it)
    assert it.preview
    say(sam, it, "columns", date_order="dmy", **it.preview["columns"])
    it = worked(office)
    assert it.preview
    assert it.preview["first_rows"][0]["due_on"] == "2026-06-05"


def test_half_a_file_needs_a_tick(office: Office, ledger: Ledger, sam: Person) -> None:
    put(sam, content(*ROWS[:2]))
    say(sam, worked(office), "apply")
    worked(office)
    put(sam, content(ROWS[1]), "half.csv", as_of="2026-11-24")
    uploads.work(ledger, office.clock, office.files, lambda _: None)
    with ledger.reading() as session:
        it = session.scalars(select(Upload).where(Upload.file_name == "half.csv")).one()
    page = see(sam, it)
    assert "looks like half a file" in page
    assert "1 of the closed ones are not in the file" in page
    answer = say(sam, it, "apply")
    assert answer.status_code == 400
    assert "tick that it is paid" in answer.text
    say(sam, it, "apply", closed_accepted="yes")
    uploads.work(ledger, office.clock, office.files, lambda _: None)
    with ledger.reading() as session:
        assert session.get_one(Upload, it.id).state == "applied"
        closed = session.scalars(
            select(Invoice).where(Invoice.number == "INV-1001", Invoice.source == "other")
        )
        assert closed.one().closed_why == "vanished"


def test_a_control_total_is_compared_before_and_a_difference_stops_statements(
    office: Office, ledger: Ledger, sam: Person
) -> None:
    put(sam, content(*ROWS))
    it = worked(office)
    answer = say(sam, it, "apply", **{"total-USD": "1,400.00"})
    assert answer.status_code == 400
    assert "differs from the file by 50.00 USD" in answer.text
    assert 'value="1,400.00"' in answer.text
    assert say(sam, it, "apply", **{"total-USD": "much"}).status_code == 400
    assert last(office).state == "previewed"
    say(sam, it, "apply", **{"total-USD": "1400", "differences_accepted": "yes"})
    it = worked(office)
    assert it.state == "applied"
    assert "Control total 1,400.00 USD: differs" in see(sam, it)
    with ledger.reading() as session:
        [(kept, _)] = tie_outs.listed(session)
        assert kept.words == "1,400.00 USD expected, 1,350.00 USD found"
        assert House.read(session).untied


def test_a_control_total_that_agrees_stops_nothing(office: Office, ledger: Ledger, sam: Person) -> None:
    put(sam, content(*ROWS))
    say(sam, worked(office), "apply", **{"total-USD": "1350"})
    assert "Control total 1,350.00 USD: agrees" in see(sam, worked(office))
    with ledger.reading() as session:
        assert not House.read(session).untied


def test_the_preview_says_by_which_rule_an_invoice_is_final(
    office: Office, ledger: Ledger, sam: Person
) -> None:
    with ledger.writing() as session:
        document = policies.document_in_force(session).document
        document += "\n[[kinds]]\nkind = 'final'\nitem = '<b>Retainage'\n"
        policies.load(session, document, actor="test", why="finals", now=office.clock.now())
    put(sam, content(f"{ROWS[0]},<b>Retainage", f"{ROWS[1]},Pump", header=f"{HEADER},Item"))
    page = " ".join(see(sam, worked(office)).split())
    assert "1 final (by rule 1: item ~ &lt;b&gt;Retainage), 1 standard." in page


def test_a_discarded_file_leaves_no_rows(office: Office, ledger: Ledger, sam: Person) -> None:
    put(sam, content(*ROWS))
    say(sam, worked(office), "discard")
    it = worked(office)
    assert (it.state, it.import_id) == ("discarded", None)
    assert "was put away" in see(sam, it)
    with ledger.reading() as session:
        assert session.scalars(select(StagedInvoice)).first() is None
        assert session.scalars(select(Import).where(Import.source == "other")).first() is None


def test_a_preview_that_nobody_applies_is_put_away(office: Office, clock: Any, sam: Person) -> None:
    put(sam, content(*ROWS))
    worked(office)
    clock.at += uploads.KEPT + timedelta(days=1)
    assert worked(office).state == "discarded"


def xlsx() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        book.add_worksheet().write_row(0, 0, ["only", "words"])
    return stream.getvalue()


WRONG: dict[str, tuple[bytes, str]] = {
    "an .xls": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel format"),
    "under a password": (
        b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
        "protected by a password",
    ),
    "a PDF": (b"%PDF-1.7 nothing", "a PDF document"),
    "a page": (b"<html><body>Sign in</body></html>", "an HTML or XML page"),
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "bytes": (bytes(range(256)) + b"\0" * 3000, "not a text file"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_at_once_with_what_to_do(office: Office, sam: Person, case: str) -> None:
    data, words = WRONG[case]
    answer = put(sam, data, "März 2026.xls")
    assert answer.status_code == 400
    assert words in answer.text
    assert "März 2026.xls" in answer.text
    with office.ledger.reading() as session:
        assert session.scalars(select(Upload)).first() is None


@pytest.mark.parametrize("data", [xlsx(), b"PK\x03\x04 no archive", b"a,b\n1,2\n", HEADER.encode()])
def test_what_is_no_open_invoices_file_is_refused_by_the_worker(
    office: Office, sam: Person, data: bytes
) -> None:
    put(sam, data, "open.xlsx")
    it = worked(office)
    page = see(sam, it)
    if data == HEADER.encode():
        assert "The file has a header and no rows." in page
    else:
        assert it.state == "refused"
        assert "open.xlsx" in page
        assert "Nothing has changed" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"source": ""}, "Name the system"),
        ({"source": "x" * 61}, "Name the system"),
        ({"as_of": "tomorrow"}, "write it as 2026-11-23"),
        ({"as_of": "9999-12-31"}, "is too far away"),
    ],
)
def test_a_form_that_makes_no_sense_is_said(sam: Person, form: dict[str, str], words: str) -> None:
    answer = put(sam, content(*ROWS), **form)
    assert answer.status_code == 400
    assert words in answer.text


def test_no_file_at_all_is_said(sam: Person) -> None:
    answer = sam.post("/imports", source="ledger")
    assert answer.status_code == 400
    assert "Choose a file first" in answer.text


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\files\\open.csv", "..", "a\u202eb.csv", "x" * 400 + ".csv"]
)
def test_a_name_is_only_a_name(office: Office, sam: Person, name: str) -> None:
    put(sam, content(*ROWS), name)
    it = worked(office)
    assert it.state == "previewed"
    assert "/" not in it.file_name
    assert len(it.file_name) <= receiving.LONGEST_NAME


def test_a_file_that_is_too_large_is_refused_with_what_to_do(
    sam: Person, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, app: Any
) -> None:
    monkeypatch.setattr(app.view_functions["imports.take"], "takes_in", 3 * access.MEGABYTE)
    fits = put(sam, content(*ROWS) + b"\n" * (2 * access.MEGABYTE))
    assert fits.status_code == 303
    answer = put(sam, content(*ROWS) + b"\n" * (5 * access.MEGABYTE))
    assert answer.status_code == 413
    assert "outreach import FILE" in answer.text
    assert put(signed_in("ana"), b"\n" * (2 * access.MEGABYTE)).status_code == 413, "a rep's form stays small"


def test_every_other_form_stays_small(sam: Person) -> None:
    assert sam.post("/imports/x/apply", words="x" * (2 * access.MEGABYTE)).status_code == 413


def test_the_bytes_are_kept_once_under_their_digest(office: Office, sam: Person) -> None:
    put(sam, content(*ROWS))
    put(sam, content(*ROWS), "again.csv")
    with office.ledger.reading() as session:
        assert len({it.paper_id for it in session.scalars(select(Upload))}) == 1


def test_a_busy_source_is_waited_for(office: Office, ledger: Ledger, sam: Person) -> None:
    put(sam, content(*ROWS))
    with Source(ledger, office.clock, "other").held():
        assert worked(office).state == "reading"
        with ledger.reading() as session:
            assert uploads.waiting(session, office.clock.wall())
    assert worked(office).state == "previewed"


def test_the_progress_is_shown(office: Office, sam: Person) -> None:
    put(sam, content(*ROWS))
    desk = uploads.Desk(office.ledger, office.clock, office.files, lambda _: None)
    desk.progress_of(last(office).id)("staging", 250, 1000)
    page = see(sam, last(office))
    assert "Staging: 250 of 1,000 rows" in page
    assert "<progress" in page
