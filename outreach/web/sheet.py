"""What the desk shows of one customer and one call, in words: nothing here is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from outreach.dialer import clicks
from outreach.ledger import desk, timeline
from outreach.ledger.address_book import Card, cards
from outreach.ledger.aging import OpenItem, aging, open_items_of
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, children
from outreach.ledger.standing import duty_of
from outreach.ledger.tasks import Task, open_tasks
from outreach.ledger.touches import Touch
from outreach.rules import hours, states
from outreach.rules.aging import Bucket
from outreach.rules.hours import Window
from outreach.rules.outcomes import ANSWERED, Outcome
from outreach.rules.policy import Policy
from outreach.rules.zones import Place, city

NEWEST = 5
"""entries of the story that the desk shows"""
TIERS = (
    "we owe them",
    "promise broken",
    "final invoice overdue",
    "aged MRR",
    "more than 31 days",
    "final check",
    "15 days",
    "5 days",
)
"""tier -> why it stands where it stands (product.md 2)"""
UNANSWERED = {
    Outcome.MACHINE: "A machine answered.",
    Outcome.VOICEMAIL_LEFT: "Voicemail left.",
    Outcome.FAX: "A fax answered.",
    Outcome.NO_ANSWER: "No answer.",
    Outcome.BUSY: "Busy.",
    Outcome.BAD_NUMBER: "This number does not exist.",
    Outcome.BLOCKED: "The carrier blocked the call.",
    Outcome.FAILED: "The call failed.",
    Outcome.CANCELED: "Canceled.",
    Outcome.REP_NO_ANSWER: "Your phone was not picked up.",
    Outcome.ABANDONED: "They hung up before you were connected.",
    Outcome.NOT_PLACED: "Nothing was dialled.",
}


@dataclass(frozen=True, slots=True)
class Customer:
    """The middle of the desk: why this one, what was said last, what is open."""

    touch: Touch
    account: Account
    items: Sequence[OpenItem]
    """of the account and of the children that are called with it"""
    numbers: Mapping[int, str]
    """id -> number of those children"""
    aging: Mapping[str, Mapping[Bucket, int]]
    said: timeline.Happening | None
    story: Sequence[timeline.Happening]
    """the newest of it; the rest is on the account's page"""
    cards: Sequence[Card]
    tasks: Sequence[Task]


@dataclass(frozen=True, slots=True)
class Call:
    """The right of the desk: whom we ring, whether we may, and how the call stands."""

    line: desk.Line
    there: str
    """what time it is with them, and when they may be called"""
    why_grey: str | None
    now: datetime

    @property
    def attempt(self) -> CallAttempt | None:
        return self.line.last

    @property
    def live(self) -> bool:
        return self.attempt is not None and self.attempt.state in states.CALL_LIVE

    @property
    def must_save(self) -> bool:
        """Somebody answered, and nobody has said yet what came of it."""
        call = self.attempt
        return call is not None and call.outcome in ANSWERED and call.wrapped_at is None

    @property
    def may_save(self) -> bool:
        """While it is live; and after it, where the rep may have talked to a person or a machine."""
        call = self.attempt
        on_machine = call is not None and call.outcome == Outcome.MACHINE and call.wrapped_at is None
        return self.live or self.must_save or on_machine

    @property
    def mood(self) -> str:
        """A class for the eye."""
        if self.live:
            return "live"
        return "over" if self.attempt and not self.may_save else ""

    @property
    def words(self) -> str:
        """How the newest call stands."""
        call = self.attempt
        if call is None:
            return ""
        return self._live_words(call) if self.live else _end_words(call)

    @property
    def talking(self) -> str:
        """For how long, in minutes and seconds."""
        since = self.attempt.connected_at if self.attempt and self.live else None
        seconds = int((self.now - since).total_seconds()) if since else 0
        return f"{seconds // 60}:{seconds % 60:02d}" if since else ""

    def _live_words(self, call: CallAttempt) -> str:
        whom = self.line.way.name if self.line.way else self.line.account.name
        match states.progress(call.state, call.progress):
            case "placing":
                return "Placing the call…"
            case "ringing":
                return f"Ringing {whom}…"
            case "connected":
                return f"Connected to {whom}"
            case "unknown":
                return "The carrier did not answer: asking whether anything rings. It is not dialled again."
            case _:
                return (
                    f"Dialling {whom}…" if call.bridging_at else "Your phone rings: pick up, press any key."
                )


def customer(session: Session, line: desk.Line, policy: Policy, now: datetime) -> Customer:
    numbers = children(session, line.account.id)
    found = open_items_of(session, [line.account.id, *numbers], policy.today(now)).values()
    items = sorted(chain.from_iterable(found), key=lambda item: (item.invoice.due_on, item.invoice.id))
    return Customer(
        touch=line.touch,
        account=line.account,
        items=items,
        numbers=numbers,
        aging=aging(items),
        said=timeline.last_said(session, line.account.id),
        story=timeline.timeline(session, line.account.id, limit=NEWEST, contact_only=True),
        cards=cards(session, line.account.id),
        tasks=open_tasks(session, line.account.id),
    )


def call(
    session: Session, line: desk.Line, rep: User, policy: Policy, now: datetime, trouble: str | None
) -> Call:
    """`trouble`: why nobody can be called at all just now."""
    grey = trouble or _why_grey(session, line.touch, rep, policy, now)
    return Call(line, _there(line, rep, policy, now), grey, now)


def may_call(session: Session, line: desk.Line, rep: User, policy: Policy, now: datetime) -> bool:
    """Whether the button would do something. Cheap for those who sleep: the gate is asked of the rest."""
    if line.way is None or (line.touch.not_before and now < line.touch.not_before):
        return False
    window = hours.call_window(line.way.place, policy.today(now), policy, duty_of(rep, policy))
    awake = isinstance(window, Window) and window.holds(now)
    return awake and _why_grey(session, line.touch, rep, policy, now) is None


def standing(line: desk.Line, now: datetime) -> str:
    """How a line of the queue stands, in two or three words."""
    touch, last = line.touch, line.last
    if touch.state == "started":
        return "on the phone"
    if last and last.outcome in ANSWERED and last.wrapped_at is None:
        return "to be saved"
    if touch.state != "open":
        return ((last and (last.disposition or last.outcome)) or touch.reason or touch.state).replace(
            "_", " "
        )
    if line.way is None:
        return "nobody to call"
    if touch.not_before and now < touch.not_before:
        zone = line.way.place.zones[0] if line.way.place.zones else "UTC"
        return f"from {touch.not_before.astimezone(ZoneInfo(zone)):%H:%M} in {city(zone)}"
    return touch.step.replace("_", " ")


def _why_grey(session: Session, touch: Touch, rep: User, policy: Policy, now: datetime) -> str | None:
    if touch.destination_id is None:
        return "There is no number to call: find a contact."
    grey = clicks.why_grey(session, touch, touch.destination_id, rep, policy, now)
    return grey.words if grey else None


def _there(line: desk.Line, rep: User, policy: Policy, now: datetime) -> str:
    place = line.way.place if line.way else Place()
    if not place.zones:
        return "Their time zone is not known."
    zone = place.zones[0]
    local = f"{now.astimezone(ZoneInfo(zone)):%H:%M} in {city(zone)}"
    window = hours.next_call_window(place, now, policy, duty_of(rep, policy))
    if not isinstance(window, Window):
        return f"{local}; {window.why}"
    if window.holds(now):
        return f"{local}, open until {window.closes.astimezone(ZoneInfo(zone)):%H:%M}"
    return f"{local}; {hours.opens_in_words(window, place, now)}"


def _end_words(call: CallAttempt) -> str:
    outcome = Outcome(call.outcome or Outcome.UNKNOWN)
    if outcome in ANSWERED:
        return "Saved." if call.wrapped_at else "Answered. What came of it?"
    return UNANSWERED.get(outcome, "Nobody knows how this call ended.")
