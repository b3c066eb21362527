"""P8: who, when, why for every change, in a log that shows when it was touched."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from outreach.ledger.base import Ledger
from outreach.ledger.log import Entry, LogEntry, LogHead, LogText, append, append_many, erase_text
from outreach.ledger.receivables import Account
from outreach.ledger.verification import Fault, anchor, verify, verify_anchor

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def account(ledger: Ledger) -> int:
    with ledger.writing() as session:
        session.add(Account(id=7, number="HARBOR", name="Harbor Clinic", created_at=NOW))
        session.flush()
        for word in ("called", "promised", "paid"):
            append(session, Entry(at=NOW, actor="ana", what=word, account_id=7, text=f"they {word}"))
        append(session, Entry(at=NOW, actor="system", what="plan"))
    return 7


def faults(ledger: Ledger) -> list[Fault]:
    with ledger.reading() as session:
        return list(verify(session))


def unguard(session: Session) -> None:
    """What a thief with the database open would do first."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER log_entries_no_UPDATE"))
        session.execute(text("DROP TRIGGER log_entries_no_DELETE"))
    else:
        session.execute(text("DROP TRIGGER log_entries_append_only ON log_entries"))


def test_p8_an_untouched_log_holds(ledger: Ledger, account: int) -> None:
    assert faults(ledger) == []


@pytest.mark.parametrize("statement", [update(LogEntry).values(actor="bob"), delete(LogEntry)])
def test_p8_the_database_refuses_a_change(ledger: Ledger, account: int, statement: object) -> None:
    with pytest.raises(DBAPIError, match="append-only"), ledger.writing() as session:
        session.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        (
            "UPDATE log_entries SET outcome = 'paid' WHERE sequence = 2 AND account_id = 7",
            Fault("account:7", 2, "the entry was changed after it was written"),
        ),
        (
            "DELETE FROM log_entries WHERE sequence = 2 AND account_id = 7",
            Fault("account:7", 3, "entry 2 is missing"),
        ),
        (
            "DELETE FROM log_entries WHERE sequence = 3 AND account_id = 7",
            Fault("account:7", 3, "entries at the end of this stream are gone"),
        ),
        (
            "DELETE FROM log_entries WHERE account_id = 7",
            Fault("account:7", 3, "every entry of this stream is gone"),
        ),
        (
            "UPDATE log_texts SET body = 'they never called' WHERE body = 'they called'",
            Fault("account:7", 1, "its text was changed after it was written"),
        ),
        (
            "UPDATE log_texts SET body = NULL WHERE body = 'they called'",
            Fault("account:7", 1, "its text was changed after it was written"),
        ),
    ],
)
def test_p8_tampering_is_named(ledger: Ledger, account: int, tampering: str, expected: Fault) -> None:
    with ledger.writing() as session:
        unguard(session)
        session.execute(text(tampering))
    assert faults(ledger) == [expected]


def test_p8_erasing_a_text_leaves_the_chain_whole(ledger: Ledger, account: int) -> None:
    with ledger.writing() as session:
        entry = session.query(LogEntry).filter_by(sequence=2, account_id=7).one()
        assert entry.text_id is not None
        erase_text(session, entry.text_id, by="dpo", at=NOW)
    with ledger.reading() as session:
        erased = session.query(LogText).filter(LogText.erased_at.is_not(None)).one()
        assert (erased.body, erased.salt, erased.erased_by) == (None, None, "dpo")
    assert faults(ledger) == []


def test_p8_an_anchor_finds_a_chain_cut_off_together_with_its_head(ledger: Ledger, account: int) -> None:
    with ledger.writing() as session:
        lines = anchor(session, at=NOW, actor="system")
    with ledger.reading() as session:
        assert list(verify_anchor(session, lines)) == []
    with ledger.writing() as session:
        unguard(session)
        session.execute(delete(LogEntry).where(LogEntry.account_id == 7, LogEntry.sequence == 3))
        last = session.query(LogEntry).filter_by(account_id=7, sequence=2).one()
        session.execute(
            update(LogHead).where(LogHead.stream == "account:7").values(sequence=2, digest=last.digest)
        )
    assert faults(ledger) == []  # the chain alone cannot know
    with ledger.reading() as session:
        assert list(verify_anchor(session, lines)) == [
            Fault("account:7", 3, "an anchored entry is gone or was changed")
        ]


def test_p8_a_forged_anchor_file_is_refused(ledger: Ledger, account: int) -> None:
    with ledger.writing() as session:
        lines = anchor(session, at=NOW, actor="system")
    with ledger.reading() as session:
        [fault] = verify_anchor(session, lines.replace("account:7 3", "account:7 2"))
    assert fault.stream == "house"


def test_many_entries_of_many_accounts_chain_like_single_ones(ledger: Ledger, account: int) -> None:
    with ledger.writing() as session:
        session.add(Account(id=8, number="RIDGEWAY", name="Ridgeway", created_at=NOW))
        session.flush()
        append_many(
            session,
            [Entry(at=NOW, actor="import", what=f"row {n}", account_id=7 + n % 2) for n in range(9)],
        )
    with ledger.reading() as session:
        heads = {head.stream: head.sequence for head in session.query(LogHead)}
    assert heads == {"account:7": 8, "account:8": 4, "house": 1}
    assert faults(ledger) == []
