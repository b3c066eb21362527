"""Whatever is done to a case in whatever order, by whomever: what the ledger keeps of it holds together."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.campaigns.suspension import operations
from outreach.ledger import suspensions
from outreach.ledger.letters import Letter
from outreach.ledger.receivables import Invoice
from outreach.ledger.suspension_moves import Evidence
from outreach.rules.suspension import MOVES, Act, Event, NotAllowed, Role, State
from tests.campaigns.casework import POSTED, Casework

DECISIONS = [event for event, row in MOVES.items() if row.roles & {Role.REP, Role.SUPERVISOR}]
NOTICES = ("suspension_notice_1", "suspension_notice_2", "suspension_notice_final")
LINE = (State.CANDIDATE, State.RECOMMENDED, State.APPROVED, State.NOTICED, State.WARNED, State.DUE)

decisions = st.tuples(
    st.just("decide"), st.sampled_from(DECISIONS), st.sampled_from(["ana", "sam", "sue"]), st.booleans()
)
reports = st.tuples(
    st.just("report"), st.sampled_from(NOTICES), st.sampled_from(["delivered", "bounced", "accepted"])
)
days = st.tuples(st.just("days"), st.integers(1, 9), st.booleans())
payments = st.tuples(st.just("pay"), st.sampled_from([1_000, 50_000, 1_000_000]))
words = st.tuples(st.just("acknowledge"), st.sampled_from(["suspended", "reinstated"]))
STRAIGHT: list[list[tuple[Any, ...]]] = [
    [("decide", Event.RECOMMENDED, "ana", False), ("decide", Event.APPROVED, "sam", False)],
    [("report", NOTICES[0], "delivered"), ("days", 13, True)],
    [("report", NOTICES[2], "delivered"), ("days", 7, True)],
    [("decide", Event.CONFIRMED, "sam", False)],
    [("acknowledge", "suspended")],
    [("decide", Event.RECALLED, "sam", False), ("acknowledge", "reinstated")],
]
"""a walk begins with some of it, and then leaves it"""
walks = st.tuples(
    st.integers(0, len(STRAIGHT)),
    st.lists(st.one_of(decisions, reports, days, payments, words), max_size=8),
).map(lambda parts: [step for leg in STRAIGHT[: parts[0]] for step in leg] + parts[1])
numbers = count(1)


def take(casework: Casework, step: Sequence[Any]) -> None:
    match step:
        case ("decide", event, by, attached):
            try:
                casework.decide(event, by, attached=POSTED if attached else None)
            except NotAllowed:
                return
        case ("report", name, state):
            report(casework, name, state)
        case ("days", number, fresh):
            casework.on((casework.today + timedelta(number)).isoformat(), fresh=fresh)
        case ("pay", amount):
            pay(casework, amount)
        case ("acknowledge", done):
            acknowledge(casework, done)


def report(casework: Casework, name: str, state: str) -> None:
    """Of a letter that leaves now if it is due; one that has left may still come back."""
    case = casework.case()
    if (name, str(case.id)) in casework.book.firings():
        if state == "bounced":
            mine = (Letter.step == name) & (Letter.account_id == case.account_id)
            casework.book.change(Letter, mine, state=state, ended_at=casework.clock.at)
    elif name in [one.step for one in casework.occasions() if one.subject == str(case.id)]:
        casework.letter(name, state)
    casework.hear()


def pay(casework: Casework, amount: int) -> None:
    with casework.book.ledger.writing() as session:
        case_id = casework.case().id
        invoice = session.get_one(Invoice, suspensions.invoices_of(session, [case_id])[case_id][0])
        invoice.open_minor = max(0, invoice.open_minor - amount)


def acknowledge(casework: Casework, done: str) -> None:
    act, evidence = Act("noc", Role.OPERATIONS, "done", attached=True), Evidence("acknowledgement")
    try:
        with casework.book.ledger.writing() as session:
            [case] = suspensions.lock(session, [casework.case().id])
            operations.acknowledge(session, case, done, act, evidence, now=casework.clock.now())
    except (operations.NotOrdered, NotAllowed):
        return


def holds_together(casework: Casework) -> None:
    case = casework.case()
    rows = [one for one in casework.history() if one.case_id == case.id]
    assert rows[0].from_state == "none"
    assert rows[-1].to_state == case.state
    assert all(one.to_state == other.from_state for one, other in pairwise(rows))
    for row in rows:
        allowed = MOVES[Event(row.event)]
        assert State(row.from_state) in allowed.sources
        assert State(row.to_state) == (allowed.target or row.from_state)
        assert Role(row.role) in allowed.roles
        assert row.actor.strip()
        assert row.reason.strip()
        assert row.document.strip()
    been = {row.to_state for row in rows}
    if been & {"suspended", "reinstated"}:
        assert {*LINE} <= been
        assert "suspension ordered" in {row.event for row in rows}
    by = {row.event: row.actor for row in rows}
    assert "approved" not in by or by["approved"] != by["recommended"]
    due = [one for one in casework.occasions() if one.subject == str(case.id)]
    assert len(due) <= (case.state in ("approved", "noticed", "warned"))
    if case.state in ("noticed", "warned", "due", "suspended"):
        assert case.days
        assert case.days.deadline_on >= case.days.day0 + timedelta(14)
        fell = [row for row in rows if row.event == "fell due"]
        assert all(row.at.date() > case.days.deadline_on for row in fell[-1:] if case.state == "due")
    suspend = [one for one in casework.orders() if one.case_id == case.id and one.kind == "suspend"]
    assert len(suspend) == sum(row.event == "suspension ordered" for row in rows)
    if case.state != "due":
        assert all(one.ended_at for one in suspend)


@given(walk=walks)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_walk_holds_together(casework: Casework, walk: list[Sequence[Any]]) -> None:
    number = f"WALK-{next(numbers)}"
    casework.book.change(Invoice, Invoice.open_minor > 0, open_minor=0)  # the walks before are over
    casework.book.account(number)
    casework.book.invoice(number, number, casework.today - timedelta(45), 6000)
    casework.on((casework.today + timedelta(3)).isoformat())
    for step in walk:
        take(casework, step)
        holds_together(casework)
