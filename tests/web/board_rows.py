"""A day's work on top of the standing cast, so that every number of the board counts something."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.commitments import Hold, Promise, PromiseInvoice
from outreach.ledger.letters import Letter, LetterTouch
from outreach.ledger.log import Entry, append
from outreach.ledger.plans import LeftOut, Plan
from outreach.ledger.policies import in_force
from outreach.ledger.receivables import Application, Invoice
from outreach.ledger.touches import Touch
from tests.web.cast import NOW, TODAY

# account, seconds after ten, outcome, disposition: Harbor is called twice and counts once
CALLS = (
    (1, 1, "no_answer", None),
    (1, 2, "answered_human", "promise_to_pay"),
    (2, 3, "answered_human", "no_contact"),
    (3, 4, "voicemail_left", None),
    (4, 5, "busy", None),
    (8, 6, "answered_unknown", "left_message"),
)
LETTERS = (
    (3, "delivered"),
    (4, "bounced"),
    (5, "accepted"),
    (6, "delivered"),
    (7, "unconfirmed"),
    (8, "refused"),
)
# account, days since it was due, promised, paid after so many days
PROMISES = (
    (1, 10, 100_000, 0),
    (2, 10, 100_000, 20),
    (3, 10, 100_000, None),
    (4, 1, 10_000, None),
    (8, 0, 5_000, None),
)
FOREIGN = 60
"""invoices in euros, all of them 20 days past due: more than a page"""


def fill(session: Session) -> None:
    _plan(session)
    _calls(session)
    _letters(session)
    _promises(session)
    session.add_all(_foreign(n) for n in range(FOREIGN))
    entry = Entry(
        at=NOW, actor="ap@harbor.example", what="reply", account_id=1, channel="email", direction="in"
    )
    append(session, entry)


def _plan(session: Session) -> None:
    policy_id = in_force(session).id
    session.add(Plan(day=TODAY, touch_day=TODAY, policy_id=policy_id, started_at=NOW, finished_at=NOW))
    for account_id, channel, rule in (
        (9, "call", "no rep"),
        (9, "email", "no rep"),
        (5, "call", "held by dispute"),
    ):
        session.add(LeftOut(account_id=account_id, channel=channel, rule=rule, since=TODAY))
    session.add(LeftOut(account_id=7, channel="call", rule="no rep", since=date(2026, 11, 2), until=TODAY))


def _calls(session: Session) -> None:
    touches = {
        touch.account_id: touch for touch in session.scalars(select(Touch).where(Touch.channel == "call"))
    }
    for account_id, second, outcome, disposition in CALLS:
        session.add(call(touches[account_id], f"call{second}", second, outcome, disposition))


def call(touch: Touch, id_: str, second: int, outcome: str, disposition: str | None = None) -> CallAttempt:
    """A call of today that has ended."""
    return CallAttempt(
        id=id_,
        touch_id=touch.id,
        account_id=touch.account_id,
        destination_id=touch.destination_id or 0,
        rep_id=touch.rep_id or 0,
        day=TODAY,
        step=touch.step,
        state="ended",
        outcome=outcome,
        disposition=disposition,
        provider="twilio",
        requested_at=NOW + timedelta(seconds=second),
        moved_at=NOW,
    )


def _letters(session: Session) -> None:
    for account_id, state in LETTERS:
        where = {"account_id": account_id, "destination_id": 2 * account_id, "day": TODAY}
        touch = Touch(
            channel="email",
            state="done",
            step="statement",
            currency="USD",
            reasons=[],
            created_at=NOW,
            **where,
        )
        session.add(touch)
        session.flush()
        accepted_at = None if state in ("refused", "unconfirmed") else NOW
        letter = Letter(
            id=f"letter{account_id}",
            touch_id=touch.id,
            step="statement",
            state=state,
            provider="sendgrid",
            created_at=NOW,
            accepted_at=accepted_at,
            **where,
        )
        session.add(letter)
        session.flush()
        session.add(LetterTouch(letter_id=letter.id, touch_id=touch.id))


def _promises(session: Session) -> None:
    for account_id, ago, amount, paid_after in PROMISES:
        due_on = TODAY - timedelta(ago)
        session.add(
            promise := Promise(
                account_id=account_id,
                amount_minor=amount,
                currency="USD",
                promised_on=due_on - timedelta(5),
                due_on=due_on,
                grace_on=due_on + timedelta(1),
                source="call",
                taken_by="ana",
                words="by then",
                created_at=NOW,
            )
        )
        session.flush()
        invoice_id = session.scalars(select(Invoice.id).where(Invoice.account_id == account_id)).first()
        hold = {"account_id": account_id, "invoice_id": invoice_id, "since": promise.promised_on}
        session.add(PromiseInvoice(promise_id=promise.id, invoice_id=invoice_id))
        session.add(Hold(kind="promise", promise_id=promise.id, amount_minor=amount, **hold))
        if paid_after is not None:  # 1 % less than was promised is as good
            paid = {"amount_minor": amount - amount // 100, "dated_on": due_on + timedelta(paid_after)}
            session.add(Application(invoice_id=invoice_id, kind="payment", recorded_at=NOW, **paid))
    invoice_id = session.scalars(select(Invoice.id).where(Invoice.number == "INV-0990")).one()
    today = {"amount_minor": 100, "dated_on": TODAY}
    session.add(Application(invoice_id=invoice_id, kind="payment", recorded_at=NOW, **today))


def _foreign(n: int) -> Invoice:
    due_on = TODAY - timedelta(20)
    return Invoice(
        account_id=1 + n % 9,
        source="ledger",
        number=f"EU-{n:03}",
        currency="EUR",
        due_on=due_on,
        invoiced_on=due_on - timedelta(30),
        gross_minor=1_000,
        open_minor=1_000,
    )
