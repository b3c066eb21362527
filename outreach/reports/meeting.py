"""The weekly suspension meeting: its agenda, and the minutes of what was decided since the one before.

As text, CSV and JSON. In CSV no cell is ever taken for a formula (trust.md 15).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from outreach.ledger import policies, suspension_list, suspensions
from outreach.ledger.scope import Scope
from outreach.ledger.suspension_list import Line
from outreach.reports.log_export import guarded
from outreach.rules import money
from outreach.rules.policy import Policy
from outreach.rules.suspension import Role, State
from outreach.rules.suspension_terms import last_meeting, next_meeting

TO_DECIDE = (State.DUE, State.RECOMMENDED, State.CANDIDATE)
DEEDS = (Role.REP, Role.SUPERVISOR, Role.OPERATIONS)


class Point(NamedTuple):
    """A case on the agenda."""

    case: int
    state: str
    account: str
    name: str
    currency: str
    amount: str
    unpaid: str
    invoices: str
    since: date
    deadline_on: date | None
    recommended_by: str


class Minute(NamedTuple):
    """Something that was decided."""

    at: str
    case: int
    account: str
    name: str
    what: str
    state: str
    by: str
    reason: str
    document: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """What the next meeting goes through: first what is to be decided."""

    meeting_on: date
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Minutes:
    """What people decided from one day to another, both included."""

    since: date
    until: date
    minutes: Sequence[Minute]


def agenda(scope: Scope, on: date) -> Agenda:
    """Of the meeting on or after a day."""
    policy = policies.in_force(scope.session).policy
    lines = suspension_list.cases(scope)
    numbers = suspensions.numbers_of(scope.session, [line.case.id for line in lines])
    points = [_point(line, numbers.get(line.case.id, [])) for line in lines]
    return Agenda(next_meeting(on, policy), points)


def minutes(scope: Scope, on: date, since: date | None = None) -> Minutes:
    """Up to and including a day, by default from the day of the meeting before."""
    policy = policies.in_force(scope.session).policy
    first = since or last_meeting(on, policy)
    found = suspension_list.decided(
        scope, _start(first, policy), _start(on + timedelta(days=1), policy), DEEDS
    )
    return Minutes(
        first,
        on,
        [
            Minute(
                at=one.transition.at.astimezone(policy.organization.zone).isoformat(timespec="minutes"),
                case=one.case.id,
                account=one.account.number,
                name=one.account.name,
                what=one.transition.event,
                state=one.transition.to_state,
                by=one.transition.actor,
                reason=one.transition.reason,
                document=one.transition.document,
            )
            for one in found
        ],
    )


def document(it: Agenda | Minutes) -> Mapping[str, Any]:
    """As JSON has it."""
    if isinstance(it, Agenda):
        return {"meeting_on": it.meeting_on.isoformat(), "points": [_plain(one) for one in it.points]}
    days = {"since": it.since.isoformat(), "until": it.until.isoformat()}
    return {**days, "minutes": [_plain(one) for one in it.minutes]}


def as_csv(it: Agenda | Minutes) -> str:
    """RFC 4180, headers first."""
    rows: Sequence[NamedTuple] = it.points if isinstance(it, Agenda) else it.minutes
    kind: Any = Point if isinstance(it, Agenda) else Minute
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(kind._fields)
    writer.writerows([guarded("" if cell is None else str(cell)) for cell in row] for row in rows)
    return file.getvalue()


def as_text(it: Agenda | Minutes) -> str:
    """To be read aloud: a line or two for each."""
    if isinstance(it, Agenda):
        return "\n".join(_agenda_lines(it)) + "\n"
    head = f"Suspensions: decided from {it.since} to {it.until}"
    body = [
        f"{one.at[:16].replace('T', ' ')}  {one.account} {one.name}: {one.what}, by {one.by}. {one.reason} "
        f"({one.document})"
        for one in it.minutes
    ]
    return "\n".join([head, "", *(body or ["Nothing was decided."])]) + "\n"


def _agenda_lines(it: Agenda) -> list[str]:
    lines = [f"Suspensions: agenda of {it.meeting_on}"]
    for state in suspension_list.ORDER:
        points = [one for one in it.points if one.state == state]
        if points:
            ask = ", to be decided" if state in TO_DECIDE else ""
            lines += ["", f"{state.value.capitalize()}{ask}: {len(points)}"]
        for one in points:
            by = f", recommended by {one.recommended_by}" if one.recommended_by else ""
            until = f", deadline {one.deadline_on}" if one.deadline_on else ""
            lines.append(
                f"  {one.case}  {one.account} {one.name}: {one.unpaid} {one.currency} unpaid on "
                f"{one.invoices}{until}{by}"
            )
    return lines if it.points else [*lines, "", "There is no case."]


def _point(line: Line, numbers: Sequence[str]) -> Point:
    case, account = line
    return Point(
        case=case.id,
        state=case.state,
        account=account.number,
        name=account.name,
        currency=case.currency,
        amount=money.decimal(case.amount_minor, case.currency),
        unpaid=money.decimal(case.unpaid_minor, case.currency),
        invoices=" ".join(numbers),
        since=case.opened_on,
        deadline_on=case.deadline_on,
        recommended_by=case.recommended_by or "",
    )


def _start(on: date, policy: Policy) -> datetime:
    return policy.moment(on, time.min)


def _plain(row: NamedTuple) -> dict[str, Any]:
    cells = row._asdict()
    cells = {name: one.isoformat() if isinstance(one, date) else one for name, one in cells.items()}
    if "invoices" in cells:
        cells["invoices"] = cells["invoices"].split()
    return cells
