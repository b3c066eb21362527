"""The judge is judged: each kind of broken promise, planted by hand, must be found by its sentence."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from outreach.ledger import log
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Destination
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter, LetterFiring
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch, TouchFiring
from outreach.ledger.voicemails import Voicemail
from outreach.reports.conservation import Happened, happened, violations

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
AGREED = Happened(placed={"call1": 1}, customer_rings={"call1": 1}, letters={"letter1": 1})


def seed(session: Session) -> None:
    """One account, called once and written to once, everything in order."""
    session.add(User(id=1, login="ana", role="rep", name="Ana", password_hash="-", created_at=NOW))
    session.add(Account(id=1, number="HARBOR", name="Harbor Clinic", rep_id=1, created_at=NOW))
    session.add(Destination(id=1, kind="phone", address="+12125550101", created_at=NOW))
    session.add(Destination(id=2, kind="email", address="ap@harbor.example", created_at=NOW))
    session.flush()
    session.add(firing())
    for n, channel in enumerate(("call", "email"), 1):
        session.add(touch(n, channel))
    session.flush()
    for n in (1, 2):
        session.add(TouchFiring(touch_id=n, firing_id=1))
    session.add(call("call1"))
    session.add(letter("letter1"))
    session.flush()
    session.add(LetterFiring(letter_id="letter1", firing_id=1, place=1))
    for about in ("call1", "letter1"):
        log.append(
            session, log.Entry(at=NOW, actor="x", what="end", account_id=1, about=about, outcome="done")
        )


def firing() -> Firing:
    day = {"fired_on": TODAY, "raw_on": TODAY, "touch_on": TODAY}
    return Firing(
        id=1,
        account_id=1,
        step="followup_5",
        subject="INV-1",
        cycle="c",
        state="done",
        call_side="done",
        email_side="done",
        created_at=NOW,
        **day,
    )


def touch(n: int, channel: str) -> Touch:
    return Touch(
        id=n,
        account_id=1,
        channel=channel,
        day=TODAY,
        state="done",
        step="followup_5",
        currency="USD",
        reasons=[],
        created_at=NOW,
    )


def call(attempt_id: str, state: str = "ended") -> CallAttempt:
    return CallAttempt(
        id=attempt_id,
        touch_id=1,
        account_id=1,
        destination_id=1,
        rep_id=1,
        day=TODAY,
        step="followup_5",
        state=state,
        provider="twilio",
        requested_at=NOW,
        bridging_at=NOW,
        moved_at=NOW,
    )


def letter(letter_id: str) -> Letter:
    return Letter(
        id=letter_id,
        touch_id=2,
        account_id=1,
        destination_id=2,
        day=TODAY,
        step="followup_5",
        state="delivered",
        provider="sendgrid",
        created_at=NOW,
        accepted_at=NOW,
    )


def found(ledger: Ledger, truth: Happened = AGREED) -> list[str]:
    with ledger.reading() as session:
        return violations(session, truth, until=TODAY)


@pytest.fixture
def house(ledger: Ledger) -> Ledger:
    with ledger.writing() as session:
        seed(session)
    return ledger


def test_a_house_in_order_has_no_violation(house: Ledger) -> None:
    assert found(house) == []


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [
        (Happened({"call1": 2}, {"call1": 1}, {"letter1": 1}), "call call1 was placed 2 times"),
        (Happened({"call1": 1}, {"call1": 2}, {"letter1": 1}), "call call1 rang the customer 2 times"),
        (Happened({"call1": 1}, {"call1": 1}, {"letter1": 3}), "letter letter1 was taken 3 times"),
        (
            Happened({}, {}, {"letter1": 1}),
            "call call1: we say ended and the carrier knows nothing of it",
        ),
        (
            Happened({"call1": 1, "ghost": 1}, {"call1": 1}, {"letter1": 1}),
            "call ghost: the carrier has it and we do not",
        ),
        (
            Happened({"call1": 1}, {"call1": 1, "ghost": 1}, {"letter1": 1}),
            "call ghost: the customer rang and we never let it through",
        ),
    ],
)
def test_a_disagreement_with_the_carriers_list_is_found(
    house: Ledger, truth: Happened, sentence: str
) -> None:
    assert sentence in found(house, truth)


def test_a_call_we_say_never_left_but_the_carrier_has_is_found(house: Ledger) -> None:
    with house.writing() as session:
        session.add(call("call2", state="not_placed"))
    truth = Happened({"call1": 1, "call2": 1}, {"call1": 1}, {"letter1": 1})
    assert "call call2: we say not_placed and the carrier has it" in found(house, truth)


def test_two_letters_for_one_place_are_found(house: Ledger) -> None:
    with house.writing() as session:
        session.add(letter("letter2"))
        session.flush()
        session.add(LetterFiring(letter_id="letter2", firing_id=1, place=1, standing=False))
    truth = Happened({"call1": 1}, {"call1": 1}, {"letter1": 1, "letter2": 1})
    assert "firing 1, place 1: 2 letters left for it" in found(house, truth)


def test_an_effect_logged_twice_or_never_is_found(house: Ledger) -> None:
    with house.writing() as session:
        session.add(call("call2"))
        log.append(
            session,
            log.Entry(at=NOW, actor="x", what="end", account_id=1, about="call1", outcome="done"),
        )
    sentences = found(house, Happened({"call1": 1, "call2": 1}, {"call1": 1}, {"letter1": 1}))
    assert "call call1 has 2 entries in the log, not one" in sentences
    assert "call call2 has 0 entries in the log, not one" in sentences


@pytest.mark.parametrize("state", ["open", "held", "started"])
def test_a_touch_without_an_end_is_found(house: Ledger, state: str) -> None:
    with house.writing() as session:
        session.get_one(Touch, 1).state = state
    assert found(house) == [f"touch 1 (call) is still {state}"]


def test_an_open_side_that_nothing_explains_is_found(house: Ledger) -> None:
    with house.writing() as session:
        one = session.get_one(Firing, 1)
        one.state = one.call_side = "open"
        session.delete(session.get_one(TouchFiring, (1, 1)))
    assert found(house) == ["firing 1 (followup_5) is open and nothing says why"]


def test_the_sandbox_s_list_is_read_by_attempt_leg_and_letter() -> None:
    truth = {
        "calls": [
            {"sid": "CA1", "parent_sid": None, "attempt": "call1", "direction": "outbound-api"},
            {"sid": "CA2", "parent_sid": "CA1", "attempt": None, "direction": "outbound-dial"},
            {"sid": "0f1e", "parent_sid": None, "attempt": "call2", "direction": "outbound-contact"},
            {"sid": "CA3", "parent_sid": None, "attempt": None, "direction": "inbound"},
            {"sid": "CA4", "parent_sid": "CA3", "attempt": None, "direction": "outbound-dial"},
        ],
        "letters": [{"mid": "letter1"}, {"mid": "letter1"}],
        "recordings": [{"sid": "RE1", "says": "Hello."}, {"sid": "RE2", "says": ""}],
    }
    assert happened(truth) == Happened(
        {"call1": 1, "call2": 1}, {"call1": 1, "call2": 1}, {"letter1": 2}, frozenset({"RE1"})
    )


def leave(session: Session, account_id: int | None) -> None:
    voicemail = Voicemail(
        id="voicemail1",
        provider="twilio",
        ref="RE1",
        call_ref="CA3",
        account_id=account_id,
        matched_by="the only account with this number",
        state="waiting" if account_id else "unassigned",
        came_at=NOW,
        due_at=NOW,
        next_try_at=NOW,
        heard_at=NOW,
    )
    session.add(voicemail)


@pytest.mark.parametrize(
    ("account_id", "left", "sentences"),
    [
        (None, {"RE1"}, []),
        (None, set(), ["voicemail RE1: the carrier knows nothing of it"]),
        (None, {"RE1", "RE2"}, ["voicemail RE2: we know nothing of it"]),
        (1, {"RE1"}, ["voicemail RE1: 0 entries and 0 firings, not 1"]),
    ],
)
def test_a_voicemail_lost_or_invented_or_owed_to_nobody_is_found(
    house: Ledger, account_id: int | None, left: set[str], sentences: list[str]
) -> None:
    with house.writing() as session:
        leave(session, account_id)
    assert found(house, replace(AGREED, left=frozenset(left))) == sentences
